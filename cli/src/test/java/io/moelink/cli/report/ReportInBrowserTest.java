package io.moelink.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The report as a person gets it: in a browser, on a desk and on a phone, light and dark. */
class ReportInBrowserTest {
  /** Put into the page, so that it tells the page around it how it came out. */
  private static final String CATCH =
      "<script>window.found = [];"
          + "window.onerror = (text) => { window.found.push(String(text)); };</script>";

  private static final String TELL =
      """
      <script>
      document.querySelector('.choices[data-for=timeline] button').click();
      setTimeout(() => {
        const charts = [...document.querySelectorAll('.chart')].filter((chart) => chart.offsetParent);
        const cut = [];
        for (const chart of charts) {
          const box = chart.getBoundingClientRect();
          for (const text of chart.querySelectorAll('svg text')) {
            const at = text.getBoundingClientRect();
            if (at.left < box.left - 2 || at.right > box.right + 2) cut.push(text.textContent);
          }
        }
        parent.postMessage(JSON.stringify({
          errors: window.found,
          ready: document.documentElement.dataset.ready,
          title: document.getElementById('title').textContent,
          charts: charts.length,
          empty: charts.filter((chart) => chart.querySelectorAll('svg text').length < 4
            || chart.querySelectorAll('svg path').length < 4).map((chart) => chart.id),
          cut: cut,
          wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          rows: document.querySelectorAll('#figures tbody tr').length,
          pressed: [...document.querySelectorAll('[aria-pressed=true]')].map((b) => b.textContent),
          background: getComputedStyle(document.body).backgroundColor,
        }), '*');
      }, 1500);
      </script>
      """;

  private static final String AROUND =
      """
      <!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin:0">
      <script>onmessage = (e) => { document.documentElement.dataset.told = e.data; };</script>
      <iframe src="page.html" style="width:%dpx;height:6000px;border:0"></iframe>
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"1280, false", "1280, true", "390, false", "390, true"})
  void showsEverything(int width, boolean dark) throws IOException, InterruptedException {
    Browser browser = Browser.installed();
    Path page = folder.resolve("page.html");
    CommandRun run =
        CommandRun.of(
            "report", "--out", page.toString(), "--tokens-per-rank", "512", "--routing", "zipf:1");
    assertThat(run.code()).as(run.err()).isZero();
    String html = Files.readString(page);
    // the plotting library has tags in its texts: the page's own are the first and the last
    int head = html.indexOf("<head>") + "<head>".length();
    int end = html.lastIndexOf("</body>");
    Files.writeString(
        page,
        html.substring(0, head) + CATCH + html.substring(head, end) + TELL + html.substring(end));
    Path around = Files.writeString(folder.resolve("around.html"), AROUND.formatted(width));

    String dom = browser.open(around, folder.resolve("profile"), dark);

    Matcher told = Pattern.compile("data-told=\"([^\"]*)\"").matcher(dom);
    assertThat(told.find()).as(dom).isTrue();
    JsonNode found = JsonMapper.shared().readTree(told.group(1).replace("&quot;", "\""));
    assertThat(found.get("errors")).as(found.toString()).isEmpty();
    assertThat(found.get("ready").asString()).isEqualTo("yes");
    assertThat(found.get("title").asString()).isEqualTo("ubbv2-2node");
    assertThat(found.get("charts").asInt()).isEqualTo(7);
    assertThat(found.get("empty")).as(found.toString()).isEmpty();
    assertThat(found.get("cut")).as(found.toString()).isEmpty();
    assertThat(found.get("wide").asInt()).as("pixels wider than the window").isZero();
    assertThat(found.get("rows").asInt()).isGreaterThan(40);
    assertThat(found.get("pressed").toString()).isEqualTo("[\"hierarchical\",\"direct\"]");
    assertThat(found.get("background").asString())
        .isEqualTo(dark ? "rgb(20, 23, 27)" : "rgb(246, 246, 243)");
  }
}
