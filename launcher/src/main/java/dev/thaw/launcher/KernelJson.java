package dev.thaw.launcher;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import dev.thaw.linux.KernelString;
import java.io.IOException;
import java.io.StringReader;

/**
 * JSON of records whose texts are {@link KernelString}s. A byte that is no UTF-8 is written as the escape of a lone
 * surrogate, so that the text is valid for every reader and comes back as it was.
 */
public final class KernelJson {
    private KernelJson() {}

    /** Apart, as they take long to make: not for {@link #number}. */
    private static final class Models {
        static final Gson LINE = new GsonBuilder().disableHtmlEscaping().create();
        static final Gson PRETTY = new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();
    }

    /** In one line. */
    public static String line(Object value) {
        return escaped(Models.LINE.toJson(value));
    }

    /** For people. */
    public static String pretty(Object value) {
        return escaped(Models.PRETTY.toJson(value));
    }

    /** @throws JsonParseException when the text is no JSON, or of another shape */
    public static <T> T read(String json, Class<T> type) {
        try {
            return Models.LINE.fromJson(json, type);
        } catch (JsonParseException e) {
            throw e;
        } catch (RuntimeException refusedByItsConstructor) {
            throw new JsonParseException(refusedByItsConstructor);
        }
    }

    /**
     * A number that an object has under {@code name}; reads no further than that.
     *
     * @return 0 when there is none
     * @throws JsonParseException when the text is no object, or what it has there is no int
     */
    public static int number(String json, String name) {
        try (JsonReader reader = new JsonReader(new StringReader(json))) {
            reader.beginObject();
            while (reader.hasNext()) {
                if (reader.nextName().equals(name)) {
                    return reader.nextInt();
                }
                reader.skipValue();
            }
            return 0;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new JsonParseException(e);
        }
    }

    /** Outside of strings JSON is ASCII, so each such char is inside one. */
    static String escaped(String json) {
        StringBuilder text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            boolean inPair = Character.isLowSurrogate(c) && i > 0 && Character.isHighSurrogate(json.charAt(i - 1));
            if (Character.isLowSurrogate(c) && !inPair) {
                text.append("\\u").append(Integer.toHexString(c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
