package io.moelink.cli.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import org.junit.jupiter.api.Test;

class StrategiesCommandTest {
  @Test
  void tableOfTheOldDesign() {
    CommandRun run = CommandRun.of("strategies");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
             # nodes  TP   EP   DP  PP  MB layers  rows/expert experts/rank  memory         time
             1    16   1   16    8  16   2      4         2048           16  A + M          t1, t2
             2    16   1   32   16   8   1      8         2048            8  A/2 + M        t1/2, t2
             3    16   1   32   16   8   2      8         4096            8  A + 2 M        t1, 2 t2
             4    32   1   32   16  16   1      4         2048            8  A/2 + M/2      t1/2, t2/2
             5    32   1   32   16  16   2      4         4096            8  A + M          t1, t2
             6    32   1   32   16  16   4      4         8192            8  2 A + 2 M      2 t1, 2 t2
             7    64   1   64   32  16   1      4         4096            4  A/2 + M/2      t1/2, t2/2
            """);
  }

  @Test
  void ownStrategiesAsJson() {
    CommandRun run =
        CommandRun.of("strategies", "--json", "--strategy", "2,1,16,16,2,3,5", "--experts", "64");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .isEqualTo(
            "{\"strategies\":[{\"nodes\":2,\"tp\":1,\"ep\":16,\"dp\":16,\"pp\":2,"
                + "\"micro_batch\":3,\"layers_per_stage\":5,\"rows_per_expert\":24576.0,"
                + "\"experts_per_rank\":4,\"attention_memory\":1.0,\"expert_memory\":1.0,"
                + "\"attention_time\":1.0,\"expert_time\":1.0}]}\n");
  }

  @Test
  void badInput() {
    refuses(
        "--strategy: found 1,2, expected NODES,TP,EP,DP,PP,MB,LAYERS (seven numbers)",
        "--strategy",
        "1,2");
    refuses("EP: found 0, expected 1 or more", "--strategy", "1,1,0,1,1,1,1");
    refuses("EP: found 16, expected a divisor of the 100 experts", "--experts", "100");
    refuses("top-k: found 0, expected 1 or more", "--top-k", "0");
  }

  private static void refuses(String message, String... args) {
    String[] line = new String[args.length + 1];
    line[0] = "strategies";
    System.arraycopy(args, 0, line, 1, args.length);
    CommandRun run = CommandRun.of(line);
    assertThat(run.err()).isEqualTo("moelink: " + message + "\n");
    assertThat(run.code()).isEqualTo(2);
  }
}
