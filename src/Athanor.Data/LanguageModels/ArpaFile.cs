using System.Globalization;
using System.IO.Compression;

namespace Athanor.Data.LanguageModels;

/// <summary>Reads models in the ARPA format, plain or gzip.</summary>
public static class ArpaFile
{
    private const long MostNgrams = 1L << 29;

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file; <c>.gz</c> is unpacked.</param>
    /// <exception cref="InvalidDataException">It is no such file; the line is named.</exception>
    public static NgramModel Read(string path, CancellationToken cancellation = default)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream);
        return new Reading(path, reader).Model(cancellation);
    }

    private sealed class Reading(string path, StreamReader reader)
    {
        private const int LongestLine = 1 << 16;
        private readonly char[] _buffer = new char[LongestLine], _input = new char[1 << 15];
        private int _length, _filled, _at;
        private long _number;

        public NgramModel Model(CancellationToken cancellation)
        {
            while (Next() && !Line.SequenceEqual("\\data\\"))
            {
            }
            List<long> counts = Counts();
            var vocabulary = new NgramVocabulary();
            // Ids are given as words come; what the first three say of themselves is filled in when they do.
            NgramValue[] unigrams = Unigrams(vocabulary, counts[0], cancellation);
            var tables = new NgramTable[counts.Count - 1];
            for (int i = 0; i < tables.Length; i++)
                tables[i] = Order(vocabulary, tables, i + 2, counts[i + 1], i + 2 == counts.Count, cancellation);
            Expect("\\end\\");
            return new NgramModel(vocabulary, unigrams, tables);
        }

        private ReadOnlySpan<char> Line => _buffer.AsSpan(0, _length);

        private List<long> Counts()
        {
            var counts = new List<long>();
            while (NextFull() && Line.StartsWith("ngram "))
            {
                ReadOnlySpan<char> rest = Line["ngram ".Length..];
                int equals = rest.IndexOf('=');
                if (equals < 0 || !int.TryParse(rest[..equals], CultureInfo.InvariantCulture, out int order) || order != counts.Count + 1
                    || !long.TryParse(rest[(equals + 1)..], CultureInfo.InvariantCulture, out long count) || count is < 0 or > MostNgrams)
                    throw Problem($"'{Line}' is no count of {counts.Count + 1}-grams (at most {MostNgrams})");
                counts.Add(count);
                if (counts.Count > NgramModel.MaxOrder)
                    throw Problem($"orders above {NgramModel.MaxOrder} are not read");
            }
            if (counts.Count < 2)
                throw Problem(counts.Count == 0 ? "this is no ARPA file: no \\data\\ with counts of n-grams" : "a model of unigrams alone is not read");
            if (!Line.SequenceEqual("\\1-grams:"))
                throw Problem($"'{Line}' stands where \\1-grams: should");
            return counts;
        }

        private NgramValue[] Unigrams(NgramVocabulary vocabulary, long count, CancellationToken cancellation)
        {
            var values = new List<NgramValue> { new(-100, 0), new(0, 0), new(-100, 0) };
            Span<Range> words = stackalloc Range[2];
            for (long i = 0; i < count; i++)
            {
                NgramValue value = Entry(1, words, last: false, cancellation);
                uint id = vocabulary.Add(Line[words[0]]);
                if (id < values.Count)
                    values[(int)id] = value;
                else
                    values.Add(value);
            }
            return [.. values];
        }

        private NgramTable Order(NgramVocabulary vocabulary, NgramTable[] lower, int order, long count, bool last, CancellationToken cancellation)
        {
            Expect($"\\{order}-grams:");
            // A count is a promise of a file that may lie: the table grows with what is there.
            var table = new NgramTable(Math.Min(count, 1 << 20));
            Span<Range> words = stackalloc Range[NgramModel.MaxOrder];
            for (long i = 0; i < count; i++)
            {
                NgramValue value = Entry(order, words, last, cancellation);
                ulong hash = 0;
                for (int at = order - 1; at >= 0; at--)
                {
                    uint id = vocabulary.Find(Line[words[at]]);
                    if (id == NgramVocabulary.Unknown && !Line[words[at]].SequenceEqual(vocabulary[NgramVocabulary.Unknown]))
                        throw Problem($"'{Line[words[at]]}' is no unigram");
                    if (at == 0 && order > 2 && lower[order - 3].Find(hash) < 0)
                        throw Problem("the n-gram without its first word is not in the file; models pruned in that way are not read");
                    hash = at == order - 1 ? NgramHash.Begin(id) : NgramHash.Extend(hash, id);
                }
                if (table.Count * 3 >= table.Slots.Length * 2L)
                    table = table.Grown();
                int place = table.Add(hash);
                if (place < 0)
                    throw Problem("the n-gram is there twice");
                (table.Slots[place].Probability, table.Slots[place].Backoff) = (value.Probability, value.Backoff);
            }
            return table;
        }

        /// <summary>One line: probability, words, and a backoff that may be missing.</summary>
        private NgramValue Entry(int order, Span<Range> words, bool last, CancellationToken cancellation)
        {
            if ((_number & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            if (!NextFull() || Line[0] == '\\')
                throw Problem($"there are fewer {order}-grams than \\data\\ says");
            Span<Range> fields = stackalloc Range[NgramModel.MaxOrder + 3];
            int found = Fields(Line, fields);
            if (found != order + 1 && (found != order + 2 || last))
                throw Problem($"a line of {order}-grams has a probability, {order} words{(last ? "" : " and perhaps a backoff")}, not {found} fields");
            fields.Slice(1, order).CopyTo(words);
            float backoff = 0;
            if (!float.TryParse(Line[fields[0]], CultureInfo.InvariantCulture, out float probability) || !(probability <= 0) || !float.IsFinite(probability)
                || (found == order + 2 && (!float.TryParse(Line[fields[order + 1]], CultureInfo.InvariantCulture, out backoff) || !float.IsFinite(backoff))))
                throw Problem("a probability (a log10 of at most 0) or a backoff is no number");
            return new NgramValue(probability, backoff);
        }

        private static int Fields(ReadOnlySpan<char> line, Span<Range> fields)
        {
            int count = 0;
            for (int at = 0; at < line.Length && count < fields.Length;)
            {
                int length = line[at..].IndexOfAny(' ', '\t');
                length = length < 0 ? line.Length - at : length;
                if (length > 0)
                    fields[count++] = at..(at + length);
                at += length + 1;
            }
            return count;
        }

        private void Expect(string line)
        {
            if (!NextFull() || !Line.SequenceEqual(line))
                throw Problem($"'{Line}' stands where {line} should: \\data\\ says another number of n-grams than there are");
        }

        private bool NextFull()
        {
            while (Next())
            {
                if (_length > 0)
                    return true;
            }
            return false;
        }

        /// <summary>The next line without the space around it; false at the end.</summary>
        private bool Next()
        {
            _length = 0;
            _number++;
            for (bool any = false; ; any = true)
            {
                if (_at == _filled)
                {
                    (_at, _filled) = (0, reader.Read(_input, 0, _input.Length));
                    if (_filled == 0)
                        return any;
                }
                char letter = _input[_at++];
                if (letter == '\n')
                {
                    while (_length > 0 && char.IsWhiteSpace(_buffer[_length - 1]))
                        _length--;
                    return true;
                }
                if (_length == LongestLine)
                    throw Problem($"a line has more than {LongestLine} characters");
                _buffer[_length++] = letter;
            }
        }

        private InvalidDataException Problem(string what) => new($"{path}, line {_number}: {what}.");
    }
}
