import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/**
 * A server that speaks MongoDB's protocol on a port of this machine, over TLS where a certificate and its key are
 * named; its data are gone when it ends.
 */
public class MongoDbServer {
  public static void main(String[] arguments) throws Exception {
    var server = new MongoServer(new MemoryBackend());
    if (arguments.length > 1) server.enableSsl(keyIn(arguments[2]), null, certificateIn(arguments[1]));
    server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    Thread.currentThread().join();
  }

  private static X509Certificate certificateIn(String file) throws Exception {
    try (var bytes = Files.newInputStream(Path.of(file))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(bytes);
    }
  }

  private static PrivateKey keyIn(String file) throws Exception {
    var text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    var key = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text));
    return KeyFactory.getInstance("RSA").generatePrivate(key);
  }
}
