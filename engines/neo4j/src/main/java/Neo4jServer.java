import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Neo4j Community with Bolt on a port of this machine and its data in a folder; without a password, or as a
 * neo4j.conf says.
 */
public class Neo4jServer {
  public static void main(String[] arguments) throws InterruptedException {
    var address = new SocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
    var builder = new DatabaseManagementServiceBuilder(Path.of(arguments[1]));
    if (arguments.length > 2) builder.loadPropertiesFromFile(Path.of(arguments[2]));
    var service =
        builder
            .setConfig(BoltConnector.enabled, true)
            .setConfig(BoltConnector.listen_address, address)
            .setConfig(BoltConnector.advertised_address, address)
            .setConfig(GraphDatabaseSettings.pagecache_memory, 64L << 20)
            .build();
    Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
    Thread.currentThread().join();
  }
}
