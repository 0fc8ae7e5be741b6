using System.Globalization;
using System.Text;

namespace Athanor.Data.LanguageModels;

/// <summary>Writes models in the ARPA format (Doug Paul's, as SRILM documents it in ngram-format(5)): a line an n-gram, log10 of probability, words, log10 of backoff. Needs the windows, since models keep hashes.</summary>
internal static class ArpaWriter
{
    public static void Write(NgramModel model, NgramCounts counts, NgramWindow window, Stream target, CancellationToken cancellation)
    {
        using var writer = new StreamWriter(target, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("\\data\\");
        for (int i = 0; i < model.Order; i++)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ngram {i + 1}={model.Counts[i]}"));
        writer.WriteLine();
        writer.WriteLine("\\1-grams:");
        for (int word = 0; word < model.Unigrams.Length; word++)
            Line(writer, model.Unigrams[word], model.Vocabulary[(uint)word], backoff: true);
        for (int order = 2; order <= model.Order; order++)
        {
            writer.WriteLine();
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\\{order}-grams:"));
            NgramGroups.Visit(counts, window, new Order(model, writer, order), cancellation);
        }
        writer.WriteLine();
        writer.WriteLine("\\end\\");
    }

    private static void Line(StreamWriter writer, NgramValue value, string words, bool backoff)
    {
        writer.Write(value.Probability.ToString(CultureInfo.InvariantCulture));
        writer.Write('\t');
        writer.Write(words);
        if (backoff)
        {
            writer.Write('\t');
            writer.Write(value.Backoff.ToString(CultureInfo.InvariantCulture));
        }
        writer.WriteLine();
    }

    private sealed class Order(NgramModel model, StreamWriter writer, int order) : INgramVisitor
    {
        private readonly StringBuilder _words = new();

        public void Open(ReadOnlySpan<uint> words, ulong hash)
        {
            if (words.Length != order || !model.Tables[order - 2].TryGet(hash, out NgramValue value))
                return;
            _words.Clear();
            for (int i = words.Length - 1; i >= 0; i--)
                _words.Append(_words.Length > 0 ? " " : "").Append(model.Vocabulary[words[i]]);
            Line(writer, value, _words.ToString(), backoff: order < model.Order);
        }

        public void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted)
        {
        }
    }
}
