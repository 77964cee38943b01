/** The command line of moelink. */
module io.moelink.cli {
  requires io.moelink;
  requires io.moelink.nativestubs;
  requires info.picocli;
  requires java.xml;
  requires tools.jackson.databind;
  requires me.tongfei.progressbar;

  opens io.moelink.cli to
      info.picocli;
  opens io.moelink.cli.calibrate to
      info.picocli;
  opens io.moelink.cli.cost to
      info.picocli;
  opens io.moelink.cli.demo to
      info.picocli;
  opens io.moelink.cli.exchange to
      info.picocli,
      tools.jackson.databind;
  opens io.moelink.cli.layout to
      info.picocli;
  opens io.moelink.cli.launch to
      info.picocli;
  opens io.moelink.cli.report to
      info.picocli;
  opens io.moelink.cli.topology to
      info.picocli;
}
