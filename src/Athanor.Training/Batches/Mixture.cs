using Athanor.Data.Sampling;

namespace Athanor.Training.Batches;

/// <summary>
/// Draws documents from weighted sources: the next one comes from the source that lags furthest behind its share of the positions so far, so the shares hold at every moment and
/// no random number is spent. Each source is shuffled anew for each of its epochs.
/// </summary>
public sealed class Mixture
{
    private readonly double[][] _shares;
    private readonly IndexPermutation[] _orders;
    private readonly long[] _orderEpochs;
    private readonly bool _shuffle;

    /// <summary>A mixture.</summary>
    /// <param name="sources">With documents each.</param>
    /// <param name="weights">A weight for each source, by tokens; null: by their sizes.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="shuffle">False: documents in the order of the shards.</param>
    /// <param name="later">Weights of phase 1; null: as in phase 0.</param>
    public Mixture(IReadOnlyList<TokenSource> sources, IReadOnlyList<double>? weights = null, ulong seed = 0, bool shuffle = true, IReadOnlyList<double>? later = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Count == 0)
            throw new ArgumentException("A mixture needs a source.", nameof(sources));
        foreach (TokenSource source in sources)
        {
            if (source.Tokens == 0)
                throw new ArgumentException($"The source '{source.Name}' holds no tokens. Leave it out or tokenize more text.", nameof(sources));
            if (!source.Tokenizer.SequenceEqual(sources[0].Tokenizer) || source.VocabularySize != sources[0].VocabularySize)
                throw new ArgumentException($"The sources '{source.Name}' and '{sources[0].Name}' were made by different tokenizers. Tokenize them with one.", nameof(sources));
        }
        Sources = sources;
        double[] shares = SharesOf(sources, weights);
        _shares = [shares, later is null ? shares : SharesOf(sources, later)];
        (Seed, _shuffle) = (seed, shuffle);
        _orders = new IndexPermutation[sources.Count];
        _orderEpochs = new long[sources.Count];
        Array.Fill(_orderEpochs, -1);
    }

    /// <summary>The sources.</summary>
    public IReadOnlyList<TokenSource> Sources { get; }

    /// <summary>The share of each source in the positions of the batches.</summary>
    public IReadOnlyList<double> Shares => _shares[0];

    /// <summary>Decides the order.</summary>
    public ulong Seed { get; }

    /// <summary>Goes over to the weights of a phase: from here on they hold, whatever was taken before.</summary>
    internal static void Enter(BatchCursor cursor, int phase)
    {
        if (cursor.Phase == phase)
            return;
        cursor.Phase = phase;
        foreach (SourceCursor source in cursor.Sources)
            source.Before = source.Taken;
    }

    /// <summary>Draws a document, whose length may be 0, and moves the cursor past it.</summary>
    internal Piece Next(BatchCursor cursor, DocumentFrame frame)
    {
        int source = Lagging(cursor);
        SourceCursor state = cursor.Sources[source];
        long document = Order(source, state.Epoch) is { } order ? order[state.Place] : state.Place;
        long epoch = state.Epoch;
        if (++state.Place == Sources[source].Documents)
            (state.Epoch, state.Place) = (state.Epoch + 1, 0);
        int positions = Sources[source].Positions(document, frame);
        state.Taken += positions;
        return new Piece(source, document, 0, positions, epoch);
    }

    private int Lagging(BatchCursor cursor)
    {
        double[] shares = _shares[cursor.Phase];
        long total = 1;
        foreach (SourceCursor source in cursor.Sources)
            total += source.Taken - source.Before;
        int best = 0;
        double most = double.NegativeInfinity;
        for (int i = 0; i < shares.Length; i++)
        {
            double lag = shares[i] * total - (cursor.Sources[i].Taken - cursor.Sources[i].Before);
            if (shares[i] > 0 && lag > most)
                (best, most) = (i, lag);
        }
        return best;
    }

    private static double[] SharesOf(IReadOnlyList<TokenSource> sources, IReadOnlyList<double>? weights)
    {
        double[] given = weights is null ? [.. sources.Select(source => (double)source.Tokens)] : [.. weights];
        return given.Length == sources.Count && given.All(weight => weight >= 0 && double.IsFinite(weight)) && given.Sum() > 0 ? [.. given.Select(weight => weight / given.Sum())]
            : throw new ArgumentException($"{sources.Count} sources need as many weights that are not negative and not all 0; given are {string.Join(", ", given)}.", nameof(weights));
    }

    private IndexPermutation? Order(int source, long epoch)
    {
        if (!_shuffle)
            return null;
        if (_orderEpochs[source] != epoch)
        {
            _orders[source] = new IndexPermutation(Sources[source].Documents, StepSeed.Of(Seed, (ulong)epoch, (ulong)source));
            _orderEpochs[source] = epoch;
        }
        return _orders[source];
    }
}
