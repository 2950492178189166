// Writes unicode_ranges.cc and pattern_ranges.cc: what Hugging Face tokenizers takes each code point for.
//
// The Rust library carries tables of several Unicode versions at once (its categories are older than its
// case mappings), so no one version of ICU agrees with it. The ranges are therefore measured: each code
// point is put through the library's own steps, and what comes out is written down.
//
// npm install @anush008/tokenizers@0.6.0    (Hugging Face tokenizers 0.22.2)
// node tools/make_unicode_ranges.mjs src/tokenizer
import fs from 'fs';
import {createRequire} from 'module';
import process from 'process';
const require = createRequire(process.cwd() + '/package.json');
const tokenizers = require('@anush008/tokenizers');

// A pre-tokenizer that makes pieces of the matches of a regular expression, as tokenizer.json's `Split` does.
const splitter = regex => tokenizers.Tokenizer.fromString(JSON.stringify({
  version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null,
  pre_tokenizer: {type: 'Split', pattern: {Regex: regex}, behavior: 'Isolated', invert: false},
  post_processor: null, decoder: null, model: {type: 'BPE', vocab: {}, merges: []}})).getPreTokenizer();
const matcher = regex => {
  const pieces = splitter(regex);
  return c => pieces.preTokenizeString('\u0001' + c + '\u0001').length === 3;
};

// A `Precompiled` normaliser that maps one character to Y. It looks at a whole grapheme cluster of up to 5
// bytes, and what follows the character in there is lost: so it tells where clusters end.
function clusterProbe(character) {
  const bytes = Buffer.from(character);
  const units = new Array(256 * (bytes.length + 2)).fill(0);
  const put = (index, offset, label) => { units[index] = (((index ^ offset) << 10) | label) >>> 0; };
  put(0, 256, 0);
  bytes.forEach((byte, i) => put(256 * (i + 1) ^ byte, 256 * (i + 2), byte));
  units[256 * bytes.length ^ bytes.at(-1)] |= 1 << 8;
  units[256 * (bytes.length + 1)] = 0x80000000;
  const words = [units.length * 4, ...units];
  const file = words.flatMap(w => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24]);
  return tokenizers.precompiled([...file, 'Y'.charCodeAt(0), 0]);
}
const afterLetter = clusterProbe('a');
const mayBePrepended = /^[\p{Cf}\p{M}\p{Lo}\p{Lm}]$/u;
const mayBeControl = /^[\p{C}\p{Z}\p{M}]$/u;
const isLarge = c => c >= '\u{E000}' && c <= '\u{F8FF}' || /^[\p{Script=Han}\p{Script=Hangul}]$/u.test(c);

const bert = (cleanText, handleChineseChars, stripAccents) => tokenizers.bertNormalizer(
    {cleanText, handleChineseChars, stripAccents, lowercase: false});
const steps = {
  clean: bert(true, false, false), chinese: bert(false, true, false),
  strip: bert(false, false, true), nfd: tokenizers.nfdNormalizer(), nfkd: tokenizers.nfkdNormalizer(),
  nfc: tokenizers.nfcNormalizer(), nfkc: tokenizers.nfkcNormalizer(),
  marks: tokenizers.stripAccentsNormalizer(), lowercase: tokenizers.lowercase(),
};
const bertPieces = tokenizers.bertPreTokenizer();
const whitespacePieces = tokenizers.whitespacePreTokenizer();

// Pieces of "a?a": 1 where ? belongs to the word, 2 where it only separates, 3 where it is a piece itself.
const pieceCount = (preTokenizer, c) => preTokenizer.preTokenizeString('a' + c + 'a').length;
const digitPieces = tokenizers.digitsPreTokenizer(true);
const differs = (step, c) => steps[step].normalizeString(c) !== c;

const tables = [
  ['kRemovedByCleaning', 'BertNormalizer.clean_text removes these', c => steps.clean.normalizeString(c) === ''],
  ['kWhitespace', 'char::is_whitespace', c => pieceCount(bertPieces, c) === 2],
  ['kPunctuation', 'BertPreTokenizer isolates these', c => pieceCount(bertPieces, c) === 3],
  ['kChinese', 'BertNormalizer.handle_chinese_chars puts spaces around these', c => differs('chinese', c)],
  ['kNonspacingMarks', 'BertNormalizer.strip_accents removes these', c => steps.strip.normalizeString(c) === ''],
  ['kMarks', 'StripAccents removes these', c => steps.marks.normalizeString(c) === ''],
  ['kDecomposed', 'NFD changes these', c => differs('nfd', c)],
  ['kWordCharacters', '\\w of the regular expressions', c => pieceCount(whitespacePieces, c) === 1],
  ['kCompatiblyDecomposed', 'NFKD changes these', c => differs('nfkd', c)],
  ['kComposed', 'NFC changes these, standing alone', c => differs('nfc', c)],
];

// What patterns and grapheme clusters ask for.
const patternTables = [
  ['kNumeric', 'Digits isolates these: char::is_numeric', c => pieceCount(digitPieces, c) === 3],
  ['kLetters', '\\p{L} of Split and ByteLevel', matcher('\\p{L}')],
  ['kNumbers', '\\p{N} of Split and ByteLevel', matcher('\\p{N}')],
  ['kMatchedMarks', '\\p{M} of Split', matcher('\\p{M}')],
  ['kCapitals', '[\\p{Lu}\\p{Lt}] of Split', matcher('[\\p{Lu}\\p{Lt}]')],
  ['kSmallLetters', '\\p{Ll} of Split', matcher('\\p{Ll}')],
  ['kClusterExtends', 'Precompiled: these belong to the cluster of the character before',
   c => afterLetter.normalizeString('a' + c) === 'Y'],
  ['kClusterPrepends', 'Precompiled: these belong to the cluster of the character behind',
   c => mayBePrepended.test(c) && !isLarge(c) && clusterProbe(c).normalizeString(c + 'a') === 'Y'],
  ['kClusterControls', 'Precompiled: to these (of three bytes and less) nothing is joined',
   c => mayBeControl.test(c) && !isLarge(c) && c.codePointAt(0) < 0x10000 && c !== '\0' &&
        clusterProbe(c).normalizeString(c + '\u0301') !== 'Y'],
];

function* codePoints() {
  for (let value = 0; value < 0x110000; ++value)
    if (value < 0xD800 || value > 0xDFFF) yield [value, String.fromCodePoint(value)];
}
const hex = value => '0x' + value.toString(16).toUpperCase();

function declare(declaration, items) {
  let text = `${declaration}\n`, line = ' ';
  for (const item of items) {
    if (line.length + item.length + 2 > 100) { text += line + '\n'; line = ' '; }
    line += ` ${item},`;
  }
  return text + line + '\n};\n\n';
}

function ranges(holds) {
  const found = [];
  for (const [value, c] of codePoints()) {
    if (!holds(c)) continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else found.push([value, value]);
  }
  return found.map(([first, last]) => `{${hex(first)}, ${hex(last)}}`);
}

// Runs of code points at equal steps whose lower-case form lies equally far away.
function lowercaseRuns() {
  const runs = [];
  for (const [value, c] of codePoints()) {
    const lower = [...steps.lowercase.normalizeString(c)].map(x => x.codePointAt(0));
    if (lower.length !== 1 || lower[0] === value) continue;
    const delta = lower[0] - value, run = runs.at(-1);
    if (run !== undefined && run.delta === delta &&
        (run.first === run.last ? value - run.last <= 2 : value - run.last === run.step)) {
      run.step = value - run.last;
      run.last = value;
    } else {
      runs.push({first: value, last: value, step: 1, delta});
    }
  }
  return runs.map(({first, last, step, delta}) => `{${hex(first)}, ${hex(last)}, ${step}, ${delta}}`);
}

const file = (declarations, result) =>
  `// Generated by tools/make_unicode_ranges.mjs from Hugging Face tokenizers 0.22.2; do not edit.
// clang-format off
#include "tokenizer/unicode_ranges.h"

namespace colvec {
namespace {

${declarations}}  // namespace

${result}
}  // namespace colvec
`;
const allOf = list => list.map(([name, comment, holds]) =>
    declare(`// ${comment}.\nconstexpr CodePointRange ${name}[] = {`, ranges(holds))).join('');

const [outputDir] = process.argv.slice(2);
fs.writeFileSync(outputDir + '/unicode_ranges.cc', file(
    allOf(tables) + declare('// Lower-case forms of one code point (U+0130, the only one with two, is not here).\n' +
                            'constexpr CaseRun kLowercase[] = {', lowercaseRuns()),
    `const UnicodeRanges& unicode_ranges() {
  static constexpr UnicodeRanges kRanges = {
      .removed_by_cleaning = kRemovedByCleaning, .whitespace = kWhitespace,
      .punctuation = kPunctuation, .chinese = kChinese, .nonspacing_marks = kNonspacingMarks,
      .marks = kMarks, .decomposed = kDecomposed, .word_characters = kWordCharacters,
      .compatibly_decomposed = kCompatiblyDecomposed, .composed = kComposed,
      .lowercase = kLowercase};
  return kRanges;
}
`));
fs.writeFileSync(outputDir + '/pattern_ranges.cc', file(
    allOf(patternTables),
    `const PatternRanges& pattern_ranges() {
  static constexpr PatternRanges kRanges = {
      .numeric = kNumeric, .letters = kLetters, .numbers = kNumbers, .matched_marks = kMatchedMarks,
      .capitals = kCapitals, .small_letters = kSmallLetters, .cluster_extends = kClusterExtends,
      .cluster_prepends = kClusterPrepends, .cluster_controls = kClusterControls};
  return kRanges;
}
`));
