package local_aws;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * The plain files behind s3:// paths, each asked for as S3 would be: GetObject to read, PutObject to write, DeleteObject
 * to remove, ListBucket to look around.
 *
 * What Spark writes goes first into folders named _temporary and .spark-staging. Glue writes straight to the place, by
 * uploads that it completes at the end ("Using the EMRFS S3-optimized committer"), so these folders do not exist there,
 * and a file in them is asked for as what it becomes.
 */
public final class RoleFileSystem extends RawLocalFileSystem {
    private static final URI NAME = URI.create("bucket:///");

    public URI getUri() {
        return NAME;
    }

    public String getScheme() {
        return NAME.getScheme();
    }

    private static String[] parts(String key) {
        return key.split("/");
    }

    private static boolean isUnfinished(String part) {
        return part.equals("_temporary") || part.startsWith(".spark-staging");
    }

    private static boolean isUnfinishedKey(String key) {
        String[] parts = parts(key);
        for (int i = 0; i < parts.length; i++) {
            if (isUnfinished(parts[i])) {
                return true;
            }
        }
        return false;
    }

    /** Return the key that a file has when it is finished: without _temporary/0, _temporary/attempt_1, task_1. */
    static String finished(String key) {
        List kept = new ArrayList();
        String[] parts = parts(key);
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].equals("_temporary")) {
                i++;
                if (i + 1 < parts.length && parts[i + 1].startsWith("task_")) {
                    i++;
                }
            } else if (!parts[i].startsWith(".spark-staging")) {
                kept.add(parts[i]);
            }
        }
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < kept.size(); i++) {
            all.append(i == 0 ? "" : "/").append((String) kept.get(i));
        }
        return all.toString();
    }

    private void ask(String action, Path path) throws IOException {
        String[] found = Role.object(pathToFile(path).getPath());
        if (found == null) {
            return;
        }
        boolean isList = action.equals("s3:ListBucket");
        if (isUnfinishedKey(found[1]) && !action.equals("s3:PutObject")) {
            return;
        }
        String arn = "arn:aws:s3:::" + found[0] + (isList ? "" : "/" + finished(found[1]));
        String refusal = Role.refusal(action, arn);
        if (refusal != null) {
            throw new AccessDeniedException(
                "s3://" + found[0] + "/" + found[1], null,
                refusal + " (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)"
            );
        }
    }

    private void askForFiles(String action, File file) throws IOException {
        File[] inside = file.listFiles();
        if (inside == null) {
            ask(action, new Path(file.getPath()));
            return;
        }
        for (int i = 0; i < inside.length; i++) {
            if (!isUnfinished(inside[i].getName())) {
                askForFiles(action, inside[i]);
            }
        }
    }

    private boolean isUnfinished(Path path) throws IOException {
        String[] found = Role.object(pathToFile(path).getPath());
        return found != null && isUnfinishedKey(found[1]);
    }

    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        ask("s3:GetObject", path);
        return super.open(path, bufferSize);
    }

    protected OutputStream createOutputStreamWithMode(Path path, boolean append, FsPermission permission)
        throws IOException {
        ask("s3:PutObject", path);
        return super.createOutputStreamWithMode(path, append, permission);
    }

    /** Do nothing: an object has no mode, and the local file system starts the program chmod for each file and folder. */
    public void setPermission(Path path, FsPermission permission) {
    }

    public boolean rename(Path from, Path to) throws IOException {
        if (!isUnfinished(from)) {
            File file = pathToFile(from);
            askForFiles("s3:GetObject", file);
            askForFiles("s3:DeleteObject", file);
            ask("s3:PutObject", to);
        }
        return super.rename(from, to);
    }

    public boolean delete(Path path, boolean recursive) throws IOException {
        File file = pathToFile(path);
        if (!isUnfinished(path) && file.exists()) {
            askForFiles("s3:DeleteObject", file);
        }
        return super.delete(path, recursive);
    }

    public FileStatus[] listStatus(Path path) throws IOException {
        ask("s3:ListBucket", path);
        FileStatus[] found = super.listStatus(path);
        for (int i = 0; i < found.length; i++) {
            found[i] = withoutOwner(found[i]);
        }
        return found;
    }

    public FileStatus getFileStatus(Path path) throws IOException {
        ask(pathToFile(path).isFile() ? "s3:GetObject" : "s3:ListBucket", path);
        return withoutOwner(super.getFileStatus(path));
    }

    /** Leave out what a local file has and an object has not, and what is found out by a program for each file. */
    private static FileStatus withoutOwner(FileStatus found) {
        return new FileStatus(
            found.getLen(), found.isDirectory(), found.getReplication(), found.getBlockSize(),
            found.getModificationTime(), found.getPath()
        );
    }
}
