package io.moelink.cli.calibrate;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.MemoryRates;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * What the ranks of a host carry, 10^9 bytes a second. Of copies and sums half of the bytes that
 * are read and written count.
 *
 * @param transport its name and its kernels'
 * @param copyAlone rows placed by rank 0 while the others wait
 * @param copyTogether rows placed by all ranks at once, their rates added
 * @param sumAlone rows summed by rank 0 while the others wait
 * @param sumTogether rows summed by all ranks at once, their rates added
 * @param putRate bytes put by rank 0 into memory of rank 1
 * @param getRate bytes got by rank 0 from memory of rank 1
 * @param signalMicroseconds until a rank that waits has seen a signal
 */
record Measured(
    String transport,
    double copyAlone,
    double copyTogether,
    double sumAlone,
    double sumTogether,
    double putRate,
    double getRate,
    double signalMicroseconds) {

  /** The link between two ranks: as fast as the faster of the two ways to use it. */
  Link link() {
    return new Link(
        LinkKind.SHARED, rounded(Math.max(putRate, getRate)), rounded(signalMicroseconds));
  }

  /**
   * The rates of memory. Sums are set by how much slower than copies they are when all ranks work
   * at once, as in an exchange.
   */
  MemoryRates memory() {
    return new MemoryRates(
        rounded(copyAlone),
        rounded(2 * copyAlone),
        rounded(copyAlone * sumTogether / copyTogether),
        rounded(copyTogether));
  }

  /** To four digits: more say nothing. */
  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
