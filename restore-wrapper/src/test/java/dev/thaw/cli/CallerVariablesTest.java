package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CallerVariablesTest {
    @Test
    void options_for_the_java_of_the_application_get_their_name_back() {
        assertEquals(
                List.of("PATH=/bin", "JAVA_TOOL_OPTIONS=-javaagent:/opt/agent.jar", "_JAVA_OPTIONS="),
                CallerVariables.asGiven(
                        List.of("PATH=/bin", "THAW_ENV_JAVA_TOOL_OPTIONS=-javaagent:/opt/agent.jar", "THAW_ENV__JAVA_OPTIONS=")));
    }
}
