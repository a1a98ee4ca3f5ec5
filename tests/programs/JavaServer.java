import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;

/**
 * HTTP on PORT: "version pid"; the version comes from VERSION_FILE. /samples makes the virtual
 * machine suspend a busy thread again and again, which it does by SIGUSR2, and tells whether that
 * worked; /collect runs the garbage collector.
 */
final class JavaServer {
    private static volatile long sink;

    private JavaServer() {}

    private static void work(long milliseconds) {
        long end = System.nanoTime() + milliseconds * 1_000_000;

        while (System.nanoTime() < end) {
            sink += Long.toString(System.nanoTime()).hashCode();
        }
    }

    /** A flight recording: its sampler stops the threads that run Java. */
    private static String samples() throws IOException {
        Path file = Files.createTempFile(Path.of(System.getenv("DIR")), "samples", ".jfr");

        try (Recording recording = new Recording()) {
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.start();
            work(300);
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).isEmpty() ? "none" : "samples";
    }

    private static String body(HttpExchange exchange, String version) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/samples":
                return samples();
            case "/collect":
                System.gc();
                return "collected";
            default:
                return version + " " + ProcessHandle.current().pid();
        }
    }

    private static void answer(HttpExchange exchange, String version) throws IOException {
        byte[] bytes = (body(exchange, version) + "\n").getBytes(StandardCharsets.UTF_8);

        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    public static void main(String[] arguments) throws IOException {
        String version = Files.readString(Path.of(System.getenv("VERSION_FILE"))).strip();
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 1024);

        server.createContext("/", exchange -> answer(exchange, version));
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }
}
