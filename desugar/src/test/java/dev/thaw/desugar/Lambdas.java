package dev.thaw.desugar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;
import java.util.function.IntFunction;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Lambdas of all kinds that javac knows, and what they make: the same before and after. */
public class Lambdas implements Supplier<String> {
    private final String own = "own";

    interface WithDefault {
        private String hidden() {
            return "hidden in " + name();
        }

        String name();

        default Supplier<String> teller() {
            return () -> hidden();
        }
    }

    private record Pair(long left, double right) {}

    static final class Nested {
        private static int twice(int number) {
            return number * 2;
        }

        IntFunction<Integer> adder(int more, long bits, double share) {
            return number -> twice(number) + more + (int) bits + (int) share;
        }
    }

    @Override
    public String get() {
        List<String> said = new ArrayList<>();
        byte small = 3;
        char letter = 'x';
        boolean yes = true;
        float part = 0.5f;
        Callable<String> captured = () -> small + ":" + letter + yes + part + own;
        said.add(called(captured));
        said.add(new Nested().adder(7, 1L << 20, 2.5).apply(4).toString());
        Supplier<String> bound = this::secret;
        said.add(bound.get());
        Function<Lambdas, String> unbound = Lambdas::secret;
        said.add(unbound.apply(this));
        BiFunction<Long, Double, Pair> constructor = Pair::new;
        said.add(constructor.apply(5L, 0.25).toString());
        IntFunction<int[]> array = int[]::new;
        said.add(Integer.toString(array.apply(3).length));
        ToLongFunction<Integer> wider = Integer::intValue;
        said.add(Long.toString(wider.applyAsLong(9)));
        ToDoubleFunction<Long> asDouble = number -> number;
        said.add(Double.toString(asDouble.applyAsDouble(11L)));
        LongUnaryOperator negated = number -> -number;
        said.add(Long.toString(negated.applyAsLong(1L << 40)));
        IntBinaryOperator smaller = Math::min;
        said.add(Integer.toString(smaller.applyAsInt(2, 1)));
        said.add(Stream.of("b", "a", "c").sorted((a, b) -> b.compareTo(a)).collect(Collectors.joining()));
        Map<String, Integer> lengths = new TreeMap<>();
        Stream.of("one", "three").forEach(word -> lengths.put(word, word.length()));
        Stream.of("four").forEach(lengths.keySet()::remove);
        said.add(lengths.toString());
        said.add(IntStream.range(0, 4).mapToObj(Integer::toString).collect(Collectors.toList()).toString());
        Comparator<String> serializable = Comparator.comparing(String::length);
        said.add(Integer.toString(serializable.compare("a", "bc")));
        WithDefault named = () -> "it";
        said.add(named.teller().get());
        Supplier<Supplier<String>> nested = () -> () -> own + said.size();
        said.add(nested.get().get());
        Runnable ignoresResult = said::size;
        ignoresResult.run();
        return said.toString();
    }

    private String secret() {
        return "secret " + own;
    }

    private static String called(Callable<String> callable) {
        try {
            return callable.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
