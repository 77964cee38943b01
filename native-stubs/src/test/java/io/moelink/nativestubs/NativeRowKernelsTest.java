package io.moelink.nativestubs;

import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsContract;

/** The kernels in C, on memory of this process, under the contract of all kernels. */
class NativeRowKernelsTest extends RowKernelsContract {
  private final RowKernels kernels = new NativeRowKernels();

  @Override
  protected RowKernels kernels() {
    return kernels;
  }
}
