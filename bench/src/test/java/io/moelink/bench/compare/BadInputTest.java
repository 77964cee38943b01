package io.moelink.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input is one line and exit code 2, before any work. */
class BadInputTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "compare --cases 0x4|--cases: found 0x4, expected RANKSxTOKENS or RANKSxTOKENS-trace",
        "compare --svg plot.png|--svg: found plot.png, expected a name that ends in .svg",
        "compare --svg no/such/plot.svg|--svg: found no/such/plot.svg, whose folder is not there,"
            + " expected a path that can be written",
        "compare --frob|Unknown option: '--frob', expected what moelink bench compare --help says",
      })
  void isOneLine(String arguments, String message) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = BenchMain.run(new PrintWriter(out), new PrintWriter(err), arguments.split(" "));
    assertThat(err).hasToString("moelink: " + message + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
    assertThat(code).isEqualTo(2);
  }
}
