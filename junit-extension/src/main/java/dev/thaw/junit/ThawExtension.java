package dev.thaw.junit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Gives {@link Applications} to tests, ends all that they started, and skips them where there is no thaw or criu. See {@link RestoreTest}. */
public final class ThawExtension implements ExecutionCondition, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(ThawExtension.class);
    /** As everywhere in thaw's own tests: each skip is a failure. */
    private static final String MUST_RUN = "mustRun";

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Engine engine = engine(context);
        String problem = context.getRoot().getStore(NAMESPACE).computeIfAbsent("problem of " + engine, none -> ThawProgram.find().problem(engine), String.class);
        if (problem.isEmpty()) {
            return ConditionEvaluationResult.enabled("this machine has what " + engine + " needs");
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
        return context.getStore(NAMESPACE).computeIfAbsent("applications", none -> Applications.create(engine(context)), Applications.class);
    }

    /** Of the method, else of the class. */
    private static Engine engine(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), RestoreTest.class)
                .or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), RestoreTest.class)).map(RestoreTest::engine).orElse(Engine.CRIU);
    }
}
