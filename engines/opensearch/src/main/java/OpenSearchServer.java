import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** A node of OpenSearch with HTTP on a port of this machine, its data in a folder, and settings as they are given. */
public class OpenSearchServer extends Node {
  private OpenSearchServer(Settings settings) {
    super(
        InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node"),
        List.of(Netty4Plugin.class),
        true);
  }

  public static void main(String[] arguments) throws Exception {
    var settings =
        Settings.builder()
            .put("path.home", arguments[1])
            .put("node.name", "node")
            .put("cluster.name", "tests-" + arguments[0])
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[0])
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
    for (var setting : List.of(arguments).subList(2, arguments.length)) {
      var parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    var node = new OpenSearchServer(settings.build());
    node.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
    Thread.currentThread().join();
  }

  private static void close(Node node) {
    try {
      node.close();
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }
}
