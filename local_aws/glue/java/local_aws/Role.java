package local_aws;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the role of this job run may do, as its policies stood when the run started: role.tsv of the run's folder. Each
 * question that is asked for the first time goes into role.log, from which the server writes its record of calls.
 */
public final class Role {
    private static final String FOLDER = System.getenv("LOCAL_AWS_RUN");
    private static final Map ANSWERS = new HashMap();
    private static final List RULES = new ArrayList();
    private static final List BUCKETS = new ArrayList();
    private static String caller;
    private static String glue;
    private static boolean asking = true;

    private Role() {
    }

    /** Say whether anything is asked for: not while the driver itself registers tables, or looks at them at the end. */
    public static synchronized void ask(boolean fromNowOn) {
        asking = fromNowOn;
    }

    private static void read() throws IOException {
        if (caller != null) {
            return;
        }
        FileInputStream file = new FileInputStream(new File(FOLDER, "role.tsv"));
        BufferedReader lines = new BufferedReader(new InputStreamReader(file, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] cells = line.split("\t", -1);
            if (cells[0].equals("caller")) {
                caller = cells[1];
            } else if (cells[0].equals("glue")) {
                glue = cells[1];
            } else if (cells[0].equals("bucket")) {
                BUCKETS.add(cells);
            } else {
                RULES.add(new Object[] {cells[0], Pattern.compile(cells[1]), Pattern.compile(cells[2])});
            }
        }
        lines.close();
    }

    /** Return why an action on a resource is refused, in AWS's words; null when it is allowed. */
    public static synchronized String refusal(String action, String resource) throws IOException {
        if (!asking) {
            return null;
        }
        read();
        String asked = action + "\t" + resource;
        if (!ANSWERS.containsKey(asked)) {
            String why = decide(action, resource);
            Writer log = new FileWriter(new File(FOLDER, "role.log"), true);
            log.write((why == null ? "200" : "403") + "\t" + asked + "\n");
            log.close();
            ANSWERS.put(asked, why);
        }
        return (String) ANSWERS.get(asked);
    }

    private static String decide(String action, String resource) {
        boolean allowed = false;
        for (int i = 0; i < RULES.size(); i++) {
            Object[] rule = (Object[]) RULES.get(i);
            boolean concerns = ((Pattern) rule[1]).matcher(action).matches()
                && ((Pattern) rule[2]).matcher(resource).matches();
            if (concerns && rule[0].equals("Deny")) {
                return words(action, resource, "with an explicit deny");
            }
            allowed = allowed || concerns;
        }
        return allowed ? null
            : words(action, resource, "because no identity-based policy allows the " + action + " action");
    }

    private static String words(String action, String resource, String why) {
        return "User: " + caller + " is not authorized to perform: " + action + " on resource: "
            + (action.startsWith("s3:") ? "\"" + resource + "\" " : resource + " ") + why;
    }

    /** Return bucket and key of a file below one of the buckets' folders, null for any other. */
    public static synchronized String[] object(String path) throws IOException {
        read();
        for (int i = 0; i < BUCKETS.size(); i++) {
            String bucket = ((String[]) BUCKETS.get(i))[1];
            String folder = ((String[]) BUCKETS.get(i))[2];
            if (path.equals(folder) || path.startsWith(folder + "/")) {
                return new String[] {bucket, path.equals(folder) ? "" : path.substring(folder.length() + 1)};
            }
        }
        return null;
    }

    /** Return the ARN of something in the Glue catalog. */
    public static synchronized String glueArn(String resource) throws IOException {
        read();
        return glue + resource;
    }
}
