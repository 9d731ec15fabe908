import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts its requests. A JVM takes a while to start and to get warm; restored, it has that behind it.
 *
 * <p>usage: java -XX:-UsePerfData HttpServer.java [PORT], 0 = any free one
 */
public final class HttpServer {
    private HttpServer() {}

    public static void main(String[] args) throws IOException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080;
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        var server = com.sun.net.httpserver.HttpServer.create(address, 0);
        var requests = new AtomicLong();
        server.createContext("/", exchange -> answer(exchange, "request " + requests.incrementAndGet() + "\n"));
        server.start();
        System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Connection", "close");
        exchange.sendResponseHeaders(200, body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }
}
