package dev.thaw.it;

import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Skips tests whose requirements this machine does not meet, or fails them where nothing may be skipped. */
final class Requirements implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<String> missing = missing(context);
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("all that is required is here");
        }
        String reason = String.join("; ", missing);
        String mustRun = System.getProperty("mustRun", "");
        if (!mustRun.isBlank()) {
            throw new IllegalStateException("must run (-DmustRun=" + mustRun + "), and cannot: " + reason);
        }
        return ConditionEvaluationResult.disabled(reason);
    }

    private static List<String> missing(ExtensionContext context) {
        boolean criu = AnnotationSupport.isAnnotated(context.getElement(), RequiresCriu.class);
        boolean root = criu || AnnotationSupport.isAnnotated(context.getElement(), RequiresRoot.class);
        Optional<RequiresTool> tools = AnnotationSupport.findAnnotation(context.getElement(), RequiresTool.class);
        List<String> missing = new ArrayList<>();
        if (root && ProcessCalls.geteuid() != 0) {
            missing.add("needs root, and this is uid " + ProcessCalls.geteuid());
        } else if (criu) {
            CriuOnHost.problem().ifPresent(missing::add);
        }
        for (String tool : tools.map(RequiresTool::value).orElse(new String[0])) {
            if (Checkout.tool(tool).isEmpty()) {
                missing.add("no " + tool + " in PATH (try: scripts/install-test-tools)");
            }
        }
        return missing;
    }
}
