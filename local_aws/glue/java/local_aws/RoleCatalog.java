package local_aws;

import java.io.IOException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.DelegatingCatalogExtension;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;

/**
 * Spark's catalog, each look into it asked for as Glue's catalog client asks Glue.
 */
public final class RoleCatalog extends DelegatingCatalogExtension {
    private static void ask(String action, String what, String[] resources) {
        String refusal = null;
        try {
            for (int i = 0; i < resources.length && refusal == null; i++) {
                refusal = Role.refusal(action, Role.glueArn(resources[i]));
            }
        } catch (IOException problem) {
            throw new RuntimeException(problem);
        }
        if (refusal != null) {
            throw new SecurityException(
                "Unable to fetch " + what + ". " + refusal
                    + " (Service: Glue; Status Code: 400; Error Code: AccessDeniedException)"
            );
        }
    }

    private static void askForTable(String action, Identifier table) {
        String database = table.namespace()[0].toLowerCase();
        String name = table.name().toLowerCase();
        String[] resources = new String[] {"catalog", "database/" + database, "table/" + database + "/" + name};
        ask(action, "table " + name, resources);
    }

    private static void askForDatabase(String action, String database) {
        ask(action, "database " + database, new String[] {"catalog", "database/" + database.toLowerCase()});
    }

    public Table loadTable(Identifier identifier) throws NoSuchTableException {
        askForDatabase("glue:GetDatabase", identifier.namespace()[0]);
        askForTable("glue:GetTable", identifier);
        Table found = super.loadTable(identifier);
        if (found.partitioning().length > 0) {
            askForTable("glue:GetPartitions", identifier);
        }
        return found;
    }

    public boolean tableExists(Identifier identifier) {
        askForTable("glue:GetTable", identifier);
        return super.tableExists(identifier);
    }

    public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
        String database = namespace[0].toLowerCase();
        ask("glue:GetTables", "tables of " + database, new String[] {
            "catalog", "database/" + database, "table/" + database + "/*"
        });
        return super.listTables(namespace);
    }

    public String[][] listNamespaces() throws NoSuchNamespaceException {
        ask("glue:GetDatabases", "databases", new String[] {"catalog", "database/*"});
        return super.listNamespaces();
    }

    public boolean namespaceExists(String[] namespace) {
        if (namespace.length > 0) {
            askForDatabase("glue:GetDatabase", namespace[0]);
        }
        return super.namespaceExists(namespace);
    }
}
