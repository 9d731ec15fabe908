package dev.thaw.desugar;

import java.util.Map;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Code that makes a value of one type out of one of another, as far as a lambda may (java.lang.invoke.LambdaMetafactory): casts, boxes, wider numbers. */
final class Conversion {
    private static final Map<Integer, String> BOXES = Map.of(Type.BOOLEAN, "java/lang/Boolean", Type.CHAR, "java/lang/Character", Type.BYTE, "java/lang/Byte",
            Type.SHORT, "java/lang/Short", Type.INT, "java/lang/Integer", Type.FLOAT, "java/lang/Float", Type.LONG, "java/lang/Long",
            Type.DOUBLE, "java/lang/Double");

    private Conversion() {}

    static void write(MethodVisitor code, Type from, Type to) {
        if (from.equals(to) || from.equals(Type.VOID_TYPE)) {
            return;
        }
        if (isPrimitive(from) && isPrimitive(to)) {
            widen(code, from, to);
        } else if (isPrimitive(from)) {
            String box = BOXES.get(from.getSort());
            code.visitMethodInsn(Opcodes.INVOKESTATIC, box, "valueOf", "(" + from.getDescriptor() + ")L" + box + ";", false);
        } else if (isPrimitive(to)) {
            Type value = unboxed(from, to);
            String box = BOXES.get(value.getSort());
            cast(code, from, Type.getObjectType(box));
            code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, box, value.getClassName() + "Value", "()" + value.getDescriptor(), false);
            widen(code, value, to);
        } else {
            cast(code, from, to);
        }
    }

    static void drop(MethodVisitor code, Type type) {
        if (type.getSize() > 0) {
            code.visitInsn(type.getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
        }
    }

    private static boolean isPrimitive(Type type) {
        return type.getSort() < Type.ARRAY;
    }

    /** The primitive type that is in {@code box}; {@code wanted} when the box is of no one type. */
    private static Type unboxed(Type box, Type wanted) {
        for (Type primitive : new Type[] {Type.BOOLEAN_TYPE, Type.CHAR_TYPE, Type.BYTE_TYPE, Type.SHORT_TYPE, Type.INT_TYPE, Type.FLOAT_TYPE, Type.LONG_TYPE,
                Type.DOUBLE_TYPE}) {
            if (BOXES.get(primitive.getSort()).equals(box.getInternalName())) {
                return primitive;
            }
        }
        return wanted;
    }

    private static void cast(MethodVisitor code, Type from, Type to) {
        if (!from.equals(to) && !to.getInternalName().equals("java/lang/Object")) {
            code.visitTypeInsn(Opcodes.CHECKCAST, to.getInternalName());
        }
    }

    private static void widen(MethodVisitor code, Type from, Type to) {
        int source = from.getSort();
        if (source == to.getSort() || source < Type.INT && to.getSort() <= Type.INT) {
            return;
        }
        switch (to.getSort()) {
            case Type.LONG:
                code.visitInsn(Opcodes.I2L);
                break;
            case Type.FLOAT:
                code.visitInsn(source == Type.LONG ? Opcodes.L2F : Opcodes.I2F);
                break;
            case Type.DOUBLE:
                code.visitInsn(source == Type.LONG ? Opcodes.L2D : source == Type.FLOAT ? Opcodes.F2D : Opcodes.I2D);
                break;
            default:
                throw new IllegalStateException("no lambda makes " + to + " out of " + from);
        }
    }
}
