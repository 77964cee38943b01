package io.moelink.nativestubs;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that need the native library. Without it they fail, so that nobody takes a build without it
 * for a tested one; {@code -Dnative=off} leaves them out.
 */
@Tag("native")
@ExtendWith(NativeRequired.class)
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface NativeTest {}
