import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** A server that speaks MongoDB's protocol on a port of this machine; its data are gone when it ends. */
public class MongoDbServer {
  public static void main(String[] arguments) throws InterruptedException {
    var server = new MongoServer(new MemoryBackend());
    server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    Thread.currentThread().join();
  }
}
