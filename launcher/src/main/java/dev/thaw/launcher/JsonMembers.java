package dev.thaw.launcher;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Objects and lists of JSON token by token, for what a restore reads: Gson's models of records are made by reflection, which takes a JVM longer than criu
 * takes for a restore. A member that is missing or null has the value that Java gives to a field; one that is not known is skipped.
 */
public final class JsonMembers {
    private JsonMembers() {}

    /** Reads the value that comes next. */
    @FunctionalInterface
    public interface Element<T> {
        T read(JsonReader json) throws IOException;
    }

    /**
     * Reads a text that is one value.
     *
     * @throws JsonParseException when the text is no JSON, or of another shape
     */
    public static <T> T read(String text, Element<T> element) {
        try (JsonReader json = new JsonReader(new StringReader(text))) {
            T value = element.read(json);
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("there is more behind it");
            }
            return value;
        } catch (JsonParseException e) {
            throw e;
        } catch (IOException | RuntimeException refusedByReaderOrConstructor) {
            throw new JsonParseException(refusedByReaderOrConstructor);
        }
    }

    /** Of the next member that is not null; ends the object, and is null, when there is none. */
    public static String next(JsonReader json) throws IOException {
        while (json.hasNext()) {
            String name = json.nextName();
            if (json.peek() != JsonToken.NULL) {
                return name;
            }
            json.nextNull();
        }
        json.endObject();
        return null;
    }

    public static <T> List<T> list(JsonReader json, Element<T> element) throws IOException {
        List<T> elements = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            elements.add(element.read(json));
        }
        json.endArray();
        return elements;
    }
}
