// A line with Markdown in it as plain text, for where it is only glanced at. What has no second mark stays as it was written.
const MARKS = [
  [/\[([^\]\n]*)\]\((?:https?:|mailto:)[^)\s]*\)/gi, "$1"],
  [/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, "$2"],
  [/`+([^`\n]+)`+/g, "$1"],
  [/(?<![\w*])([*_])(?=\S)([^*_\n]+)(?<=\S)\1(?![\w*])/g, "$2"],
  [/^ {0,3}[->*+] /gm, ""],
];

export const plain = (text) => MARKS.reduce((line, [mark, kept]) => line.replace(mark, kept), text);
