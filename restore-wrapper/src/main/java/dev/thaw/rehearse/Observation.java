package dev.thaw.rehearse;

import com.google.gson.annotations.SerializedName;
import java.util.List;

/**
 * One thing that was looked at in a cycle.
 *
 * @param name a word or two, the same in each cycle
 * @param held whether it is as it should be
 * @param what it is
 * @param because why it does not hold
 * @param tries what to do then
 */
public record Observation(String name, boolean held, String what, List<String> because, @SerializedName("try") List<String> tries) {
    public Observation {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static Observation held(String name, String what) {
        return new Observation(name, true, what, List.of(), List.of());
    }

    static Observation not(String name, String what, List<String> because, String... tries) {
        return new Observation(name, false, what, because, List.of(tries));
    }
}
