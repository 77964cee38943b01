package io.moelink.cli.topology;

import java.io.StringWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes the few SVG elements that a drawing needs. Lengths are pixels. */
final class Svg {
  private static final String FONT = "DejaVu Sans, Verdana, Arial, sans-serif";

  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  Svg(double width, double height, String title, String description) {
    try {
      xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartElement("svg");
      xml.writeDefaultNamespace("http://www.w3.org/2000/svg");
      attributes(
          "width",
          number(width),
          "height",
          number(height),
          "viewBox",
          "0 0 " + number(width) + " " + number(height),
          "role",
          "img",
          "font-family",
          FONT);
      element("title", title);
      element("desc", description);
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  private void element(String name, String content, String... attributes) {
    try {
      xml.writeCharacters("\n");
      xml.writeStartElement(name);
      attributes(attributes);
      xml.writeCharacters(content);
      xml.writeEndElement();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  private void attributes(String... namesAndValues) throws XMLStreamException {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!namesAndValues[i + 1].isEmpty()) {
        xml.writeAttribute(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
  }

  /** A box with round corners. */
  void box(double x, double y, double width, double height, double round, Paint paint) {
    element(
        "rect",
        "",
        "x",
        number(x),
        "y",
        number(y),
        "width",
        number(width),
        "height",
        number(height),
        "rx",
        number(round),
        "fill",
        paint.fill(),
        "stroke",
        paint.stroke(),
        "stroke-width",
        number(paint.strokeWidth()));
  }

  /** An open line; {@code path} is the text of SVG's d. */
  void line(String path, LinkStyle style) {
    element(
        "path",
        "",
        "d",
        path,
        "fill",
        "none",
        "stroke",
        style.color(),
        "stroke-width",
        number(style.width()),
        "stroke-dasharray",
        style.dash(),
        "stroke-linejoin",
        "round");
  }

  void dot(double x, double y, double radius, String fill) {
    element("circle", "", "cx", number(x), "cy", number(y), "r", number(radius), "fill", fill);
  }

  /**
   * Text on one line.
   *
   * @param anchor start, middle or end: what of the text is at x
   */
  void text(double x, double y, double size, String anchor, String weight, String content) {
    element(
        "text",
        content,
        "x",
        number(x),
        "y",
        number(y),
        "font-size",
        number(size),
        "text-anchor",
        anchor,
        "font-weight",
        weight,
        "fill",
        Paint.INK);
  }

  /** Small text around its middle, kept readable where lines run below it. */
  void textOver(double x, double y, double size, String ground, String content) {
    String[] place = {
      "x", number(x), "y", number(y), "font-size", number(size), "text-anchor", "middle"
    };
    element("text", content, with(place, "fill", ground, "stroke", ground, "stroke-width", "4"));
    element("text", content, with(place, "fill", Paint.INK));
  }

  private static String[] with(String[] first, String... second) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new);
  }

  /** Text that is read from below to above, its middle at (x, y). */
  void textUpwards(double x, double y, double size, String content) {
    element(
        "text",
        content,
        "transform",
        "translate(%s %s) rotate(-90)".formatted(number(x), number(y)),
        "font-size",
        number(size),
        "text-anchor",
        "middle",
        "fill",
        Paint.INK);
  }

  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  /** A path of alternating commands and numbers: ("M", 1, 2, "L", 3, 4). */
  static String path(Object... parts) {
    StringBuilder path = new StringBuilder();
    for (Object part : parts) {
      path.append(path.isEmpty() ? "" : " ")
          .append(part instanceof Number value ? number(value.doubleValue()) : part);
    }
    return path.toString();
  }

  String finish() {
    try {
      xml.writeCharacters("\n");
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.flush();
      return text.toString();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How a box looks. */
  record Paint(String fill, String stroke, double strokeWidth) {
    static final String INK = "#1f2328";
    static final Paint PAGE = new Paint("#fcfcfa", "#c9c9c2", 1);
    static final Paint NODE = new Paint("#eeeeea", "#8a8a82", 1.2);
    static final Paint DOMAIN = new Paint("#e3e8ee", "#7d8794", 1);
    static final Paint VNODE = new Paint("#fbfbf7", "#a3a39a", 1);
    static final Paint CARD = new Paint("#e9e6da", "#a39d86", 1);
    static final Paint RANK = new Paint("#ffffff", "#3b3b36", 1.2);
  }
}
