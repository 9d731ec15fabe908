package dev.thaw.desugar;

import java.util.ArrayList;
import java.util.List;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Copies a class, and calls a {@link LambdaClass} where a lambda would be linked. Those that are serializable or have more than one interface stay. */
final class CallSites extends ClassVisitor {
    private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";

    private final List<LambdaClass> lambdas = new ArrayList<>();
    private String owner;
    private String nestHost;

    CallSites(ClassVisitor next) {
        super(Opcodes.ASM9, next);
    }

    List<LambdaClass> lambdas() {
        return lambdas;
    }

    String nestHost() {
        return nestHost;
    }

    @Override
    public void visit(int version, int access, String name, String signature, String superName, String[] interfaces) {
        owner = name;
        nestHost = name;
        super.visit(version, access, name, signature, superName, interfaces);
    }

    @Override
    public void visitNestHost(String host) {
        nestHost = host;
        super.visitNestHost(host);
    }

    @Override
    public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
        return new MethodVisitor(Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
            @Override
            public void visitInvokeDynamicInsn(String called, String made, Handle bootstrap, Object... arguments) {
                if (!bootstrap.getOwner().equals(FACTORY) || !bootstrap.getName().equals("metafactory")) {
                    super.visitInvokeDynamicInsn(called, made, bootstrap, arguments);
                    return;
                }
                LambdaClass lambda = new LambdaClass(owner + "$$L" + lambdas.size(), nestHost, called, made, (Type) arguments[0], (Handle) arguments[1],
                        (Type) arguments[2]);
                lambdas.add(lambda);
                super.visitMethodInsn(Opcodes.INVOKESTATIC, lambda.name(), LambdaClass.MAKE, made, false);
            }
        };
    }
}
