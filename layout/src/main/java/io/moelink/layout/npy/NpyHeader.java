package io.moelink.layout.npy;

import io.moelink.layout.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of an .npy header, a Python dict literal with exactly three keys:
 *
 * <pre>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</pre>
 *
 * @param shape dimensions, outermost first
 */
record NpyHeader(NpyType type, long[] shape) {

  String text() {
    StringBuilder dimensions = new StringBuilder();
    for (long dimension : shape) {
      dimensions.append(dimensions.isEmpty() ? "" : " ").append(dimension).append(',');
    }
    // Python writes (3,) for one dimension and (3, 4) for more
    if (shape.length > 1) {
      dimensions.setLength(dimensions.length() - 1);
    }
    return "{'descr': '"
        + type.descr()
        + "', 'fortran_order': False, 'shape': ("
        + dimensions
        + "), }";
  }

  static NpyHeader parse(String file, String text) {
    return new Parser(file, text).parse();
  }

  private static final class Parser {
    private final String file;
    private final String text;
    private int position;

    Parser(String file, String text) {
      this.file = file;
      this.text = text;
    }

    NpyHeader parse() {
      String descr = null;
      Boolean fortran = null;
      long[] shape = null;
      expect('{');
      while (!take('}')) {
        int start = position;
        String key = string("a key");
        expect(':');
        if (key.equals("descr") && descr == null) {
          descr = descr();
        } else if (key.equals("fortran_order") && fortran == null) {
          fortran = bool();
        } else if (key.equals("shape") && shape == null) {
          shape = tuple();
        } else {
          position = start;
          throw wrong("the keys 'descr', 'fortran_order' and 'shape', once each");
        }
        if (!take(',')) {
          expect('}');
          break;
        }
      }
      skipSpace();
      if (position != text.length()) {
        throw wrong("the end");
      }
      if (descr == null || fortran == null || shape == null) {
        throw new InvalidInputException(
            file
                + ": header without '"
                + (descr == null ? "descr" : fortran == null ? "fortran_order" : "shape")
                + "', expected the keys 'descr', 'fortran_order' and 'shape'");
      }
      NpyType type = type(descr);
      NpyArray.byteSize(file, type, shape);
      if (fortran && !orderDoesNotMatter(shape)) {
        throw new InvalidInputException(
            file
                + ": Fortran order, expected C order (numpy.save the result of"
                + " numpy.ascontiguousarray)");
      }
      return new NpyHeader(type, shape);
    }

    private static boolean orderDoesNotMatter(long[] shape) {
      int longDimensions = 0;
      for (long dimension : shape) {
        longDimensions += dimension > 1 ? 1 : 0;
      }
      return longDimensions <= 1;
    }

    private NpyType type(String descr) {
      boolean oneByte = descr.length() == 3 && descr.charAt(2) == '1';
      for (NpyType type : NpyType.values()) {
        // the byte order of a single byte means nothing
        if (type.descr().equals(descr)
            || oneByte && type.descr().substring(1).equals(descr.substring(1))) {
          return type;
        }
        if (descr.equals(">" + type.descr().substring(1))) {
          throw new InvalidInputException(
              file
                  + ": big-endian type '"
                  + descr
                  + "', expected little-endian '"
                  + type.descr()
                  + "'");
        }
      }
      List<String> known = new ArrayList<>();
      for (NpyType type : NpyType.values()) {
        known.add(type.toString());
      }
      throw new InvalidInputException(
          file + ": type '" + descr + "', expected one of " + String.join(", ", known));
    }

    private String descr() {
      skipSpace();
      if (position < text.length() && text.charAt(position) == '[') {
        throw new InvalidInputException(
            file + ": a structured type (records with fields), expected a plain number type");
      }
      return string("a type");
    }

    private boolean bool() {
      skipSpace();
      for (String word : new String[] {"True", "False"}) {
        if (text.startsWith(word, position)) {
          position += word.length();
          return word.equals("True");
        }
      }
      throw wrong("True or False");
    }

    private long[] tuple() {
      List<Long> dimensions = new ArrayList<>();
      expect('(');
      while (!take(')')) {
        dimensions.add(number());
        take('L'); // Python 2 wrote (3L,)
        if (!take(',')) {
          expect(')');
          break;
        }
      }
      return dimensions.stream().mapToLong(Long::longValue).toArray();
    }

    private long number() {
      skipSpace();
      int start = position;
      while (position < text.length() && Character.isDigit(text.charAt(position))) {
        position++;
      }
      // 18 digits always fit a long
      if (start == position || position - start > 18) {
        position = start;
        throw wrong("a dimension of 1 to 18 digits");
      }
      return Long.parseLong(text, start, position, 10);
    }

    private String string(String what) {
      skipSpace();
      char quote = position < text.length() ? text.charAt(position) : ' ';
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, position + 1) : -1;
      if (end < 0) {
        throw wrong(what + " in quotes");
      }
      String value = text.substring(position + 1, end);
      position = end + 1;
      return value;
    }

    private boolean take(char wanted) {
      skipSpace();
      boolean found = position < text.length() && text.charAt(position) == wanted;
      position += found ? 1 : 0;
      return found;
    }

    private void expect(char wanted) {
      if (!take(wanted)) {
        throw wrong("'" + wanted + "'");
      }
    }

    private void skipSpace() {
      while (position < text.length() && " \t\n".indexOf(text.charAt(position)) >= 0) {
        position++;
      }
    }

    private InvalidInputException wrong(String expected) {
      String found =
          position >= text.length()
              ? "the end"
              : "'" + text.substring(position, Math.min(text.length(), position + 12)) + "'";
      return new InvalidInputException(
          file
              + ": header: found "
              + found.replace('\n', ' ')
              + " at character "
              + position
              + ", expected "
              + expected);
    }
  }
}
