package dev.thaw.cli;

import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.launcher.OpenRequest;
import dev.thaw.report.Durations;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Option values of thaw's own types. */
final class Converters {
    private Converters() {}

    static void register(CommandLine line) {
        line.registerConverter(Duration.class, by(Durations::parse));
        line.registerConverter(Source.class, by(SourceParser::parse));
        line.registerConverter(OpenRequest.class, by(OpenRequest::parse));
    }

    /** The parsers' own words, without the name of an exception around them. */
    private static <T> ITypeConverter<T> by(Function<String, T> parser) {
        return text -> {
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }
}
