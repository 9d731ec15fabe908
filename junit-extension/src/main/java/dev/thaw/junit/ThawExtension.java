package dev.thaw.junit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives {@link Applications} to tests, ends all that they started, and skips them where there is no thaw or criu. See {@link RestoreTest}. */
public final class ThawExtension implements ExecutionCondition, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(ThawExtension.class);
    /** As everywhere in thaw's own tests: each skip is a failure. */
    private static final String MUST_RUN = "mustRun";

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        String problem = context.getRoot().getStore(NAMESPACE).computeIfAbsent("problem", none -> ThawProgram.find().problem(), String.class);
        if (problem.isEmpty()) {
            return ConditionEvaluationResult.enabled("this machine can checkpoint and restore");
        }
        if (System.getProperty(MUST_RUN) != null && !System.getProperty(MUST_RUN).equals("false")) {
            throw new IllegalStateException("must run (-DmustRun), and cannot: " + problem);
        }
        return ConditionEvaluationResult.disabled("no restore here: " + problem);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Applications.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(NAMESPACE).computeIfAbsent("applications", none -> Applications.create(), Applications.class);
    }
}
