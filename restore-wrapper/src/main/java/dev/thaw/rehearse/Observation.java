package dev.thaw.rehearse;

import com.google.gson.annotations.SerializedName;
import java.util.List;

/**
 * One thing that was looked at in a cycle.
 *
 * @param name a word or two, the same in each cycle
 * @param tried whether it was looked at; without a restore of memory not all can be
 * @param held whether it is as it should be; false for what was not tried
 * @param what it is
 * @param because why it does not hold
 * @param tries what to do then
 */
public record Observation(String name, boolean tried, boolean held, String what, List<String> because, @SerializedName("try") List<String> tries) {
    public Observation {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    /** Whether it speaks against the restore. */
    public boolean failed() {
        return tried && !held;
    }

    static Observation held(String name, String what) {
        return held(name, what, List.of());
    }

    /** @param because what else is to be said of it */
    static Observation held(String name, String what, List<String> because) {
        return new Observation(name, true, true, what, because, List.of());
    }

    static Observation notTried(String name, String because) {
        return new Observation(name, false, false, "not tried: " + because, List.of(), List.of());
    }

    static Observation not(String name, String what, List<String> because, String... tries) {
        return new Observation(name, true, false, what, because, List.of(tries));
    }
}
