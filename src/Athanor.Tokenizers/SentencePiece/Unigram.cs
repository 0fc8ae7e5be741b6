using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// The unigram language model of T5, ALBERT and XLNet (Kudo, 2018): of all ways to write a text as pieces, the one with the highest sum of scores,
/// found by Viterbi's algorithm over a trie in O(n · longest piece). Of equal sums the first found counts: the split whose last piece starts earliest.
/// </summary>
public sealed class Unigram : TokenModel
{
    // What SentencePiece takes off the lowest score for an unknown character.
    private const double UnknownPenalty = 10;

    // Memory for longer stretches without a settled place, which only odd texts have, is not kept.
    private const int KeptPlaces = 1 << 18;

    private readonly PieceTrie _trie;
    private readonly double[] _scores;
    private readonly IReadOnlyList<PieceKind>? _kinds;
    private readonly bool[]? _userDefined;
    private readonly int[] _bytes;
    private readonly double _unknownScore, _maxScore;
    private readonly int _unknown, _reach;
    private readonly bool _byteFallback, _single;
    private readonly ScratchPool<Scratch> _scratch = new(static () => new Scratch());

    /// <summary>A model of pieces with scores.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="scores">The score (log-probability) of each id; entries of holes are not read.</param>
    /// <param name="options">The settings.</param>
    /// <param name="kinds">The kind of each id; without it every piece is found in text, as in <c>tokenizer.json</c>.</param>
    /// <exception cref="ArgumentException">A score is not finite, a list has not one entry for each id, or the unknown id has no piece.</exception>
    public Unigram(Vocabulary vocabulary, IReadOnlyList<double> scores, UnigramOptions options, IReadOnlyList<PieceKind>? kinds = null)
    {
        if (scores.Count != vocabulary.Count || kinds is not null && kinds.Count != vocabulary.Count)
            throw new ArgumentException($"{vocabulary.Count} ids have {scores.Count} scores and {kinds?.Count ?? scores.Count} kinds.");
        if (options.UnknownId is { } unknown && !vocabulary.Contains(unknown))
            throw new ArgumentException($"The unknown token has the id {unknown}, which is not in the vocabulary.");
        Vocabulary = vocabulary;
        Options = options;
        Scores = scores;
        _kinds = kinds;
        _unknown = options.UnknownId ?? -1;
        _scores = [.. scores];
        _bytes = ByteTokens.Find(vocabulary);
        (_byteFallback, _single) = (options.ByteFallback, options.SinglePrecision);
        double lowest = double.PositiveInfinity;
        _maxScore = double.NegativeInfinity;
        var found = new List<KeyValuePair<int, byte[]>>(vocabulary.TokenCount);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (!vocabulary.Contains(id))
                continue;
            PieceKind kind = kinds?[id] ?? PieceKind.Normal;
            if (!double.IsFinite(_scores[id]))
                throw new ArgumentException($"The score of token {id} ('{Encoding.UTF8.GetString(vocabulary[id])}') is {_scores[id]}.");
            // SentencePiece measures unknown text by its text pieces, tokenizer.json by all tokens.
            if (kind == PieceKind.Normal || !_single)
            {
                lowest = Math.Min(lowest, _scores[id]);
                _maxScore = Math.Max(_maxScore, _scores[id]);
            }
            if (kind == PieceKind.UserDefined)
                (_userDefined ??= new bool[vocabulary.Count])[id] = true;
            if (kind is PieceKind.Normal or PieceKind.UserDefined)
                found.Add(KeyValuePair.Create(id, vocabulary[id].ToArray()));
        }
        _unknownScore = Round((double.IsFinite(lowest) ? lowest : 0) - UnknownPenalty);
        _trie = new PieceTrie(found);
        _reach = Math.Max(_trie.MaxBytes, 4);
    }

    /// <inheritdoc/>
    public override Vocabulary Vocabulary { get; }

    /// <summary>The score of each id.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>The settings.</summary>
    public UnigramOptions Options { get; }

    /// <summary>The same model, which does not find the given ids in text.</summary>
    internal Unigram Hide(IEnumerable<int> ids)
    {
        var kinds = new PieceKind[Vocabulary.Count];
        for (int id = 0; id < kinds.Length; id++)
            kinds[id] = _kinds?[id] ?? PieceKind.Normal;
        foreach (int id in ids)
        {
            if (id < kinds.Length)
                kinds[id] = PieceKind.Control;
        }
        return new Unigram(Vocabulary, Scores, Options, kinds);
    }

    /// <inheritdoc/>
    internal override void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output)
    {
        if (piece.IsEmpty)
            return;
        Scratch scratch = _scratch.Rent();
        if (piece.Length <= PieceMemo.MaxBytes)
            EncodeWord(piece, start, output, scratch);
        else
            Search(piece, start, output, scratch);
        scratch.Trim(KeptPlaces);
        _scratch.Return(scratch);
    }

    private void EncodeWord(ReadOnlySpan<byte> piece, int start, TokenBuffer output, Scratch scratch)
    {
        ref PieceMemo.Entry entry = ref scratch.Memo.Find(piece, 0, piece.Length, out Vector256<byte> key, out bool hit);
        if (hit)
        {
            PieceMemo.Append(in entry, start, output);
            return;
        }
        int before = output.Count;
        Search(piece, start, output, scratch);
        int count = output.Count - before;
        if (count > PieceMemo.MaxTokens)
            return;
        Span<int> lengths = stackalloc int[PieceMemo.MaxTokens];
        int covered = 0;
        for (int i = 0; i < count; i++)
            covered += lengths[i] = scratch.Lengths[i];
        // A piece that lost text would be put together wrongly.
        if (covered == piece.Length)
            PieceMemo.Store(ref entry, key, piece.Length, output.Ids[before..], lengths[..count]);
    }

    private void Search(ReadOnlySpan<byte> piece, int start, TokenBuffer output, Scratch scratch)
    {
        scratch.Begin();
        int from = 0, reached = 0;
        double atFrom = 0;
        // Where no piece reaches beyond a place, every split has a border there: what lies before is settled, and the sum goes on from it.
        for (int at = 0; at < piece.Length;)
        {
            if (at == reached && at > from)
            {
                atFrom = scratch.Best(at - from);
                Settle(piece, from, at, start, output, scratch);
                from = at;
            }
            at += Extend(piece, from, at, at == from ? atFrom : scratch.Best(at - from), ref reached, scratch);
        }
        Settle(piece, from, piece.Length, start, output, scratch);
        AddUnknown(piece, start, output, scratch);
    }

    /// <summary>Tries every piece that starts at a place; returns the length of the character there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Extend(ReadOnlySpan<byte> piece, int from, int at, double sum, ref int reached, Scratch scratch)
    {
        int character = Utf8Character.Decode(piece, at, out _);
        scratch.Reserve(at - from + _reach);
        bool single = false;
        int node = PieceTrie.Root;
        ref double scores = ref MemoryMarshal.GetArrayDataReference(_scores);
        for (int end = at; end < piece.Length && _trie.TryStep(ref node, piece[end], out int id);)
        {
            end++;
            if (id < 0)
                continue;
            double score = _userDefined is null || !_userDefined[id] ? Unsafe.Add(ref scores, id) : Bonus(end - at);
            scratch.Offer(end - from, at - from, id, sum + score, _single);
            reached = Math.Max(reached, end);
            single |= end - at == character;
        }
        if (!single)
        {
            scratch.Offer(at - from + character, at - from, -1, Round(sum + _unknownScore), _single);
            reached = Math.Max(reached, at + character);
        }
        return character;
    }

    /// <summary>The score that makes a user-defined piece win over whatever else its bytes could be.</summary>
    private double Bonus(int length) => Round(length * _maxScore) - 0.1;

    /// <summary>Follows the best path of [from, to) back and appends its tokens in order.</summary>
    private void Settle(ReadOnlySpan<byte> piece, int from, int to, int start, TokenBuffer output, Scratch scratch)
    {
        int steps = scratch.Trace(to - from);
        while (--steps >= 0)
        {
            (int begin, int end, int id) = scratch.Step(steps);
            if (id < 0)
            {
                if (scratch.UnknownFrom < 0)
                    scratch.UnknownFrom = from + begin;
                scratch.UnknownTo = from + end;
                continue;
            }
            AddUnknown(piece, start, output, scratch);
            scratch.Add(output, id, start + from + begin, end - begin);
        }
        scratch.Forget(to - from);
    }

    /// <summary>Appends the run of unknown characters that waits, as the tokens of its bytes or as one unknown token.</summary>
    private void AddUnknown(ReadOnlySpan<byte> piece, int start, TokenBuffer output, Scratch scratch)
    {
        int from = scratch.UnknownFrom, to = scratch.UnknownTo;
        if (from < 0)
            return;
        scratch.UnknownFrom = -1;
        bool bytes = _byteFallback;
        for (int i = from; i < to && bytes; i++)
            bytes = _bytes[piece[i]] >= 0;
        for (int i = from; i < to && bytes; i++)
            scratch.Add(output, _bytes[piece[i]], start + i, 1);
        if (!bytes && _unknown >= 0)
            scratch.Add(output, _unknown, start + from, to - from);
    }

    private double Round(double value) => _single ? (float)value : value;

    /// <summary>The best way to reach each place since the last settled one, kept from text to text.</summary>
    private sealed class Scratch
    {
        private Arrival[] _best = new Arrival[64];
        private int[] _trace = new int[64];
        private int _added;

        public PieceMemo Memo { get; } = new();

        /// <summary>The lengths in bytes of the first tokens of a piece.</summary>
        public int[] Lengths { get; } = new int[PieceMemo.MaxTokens];

        public int UnknownFrom { get; set; }

        public int UnknownTo { get; set; }

        public void Begin()
        {
            _added = 0;
            UnknownFrom = -1;
        }

        /// <summary>Room for places up to <paramref name="last"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Reserve(int last)
        {
            if (last >= _best.Length)
                Grow(last);
        }

        /// <summary>Gives memory back that a long stretch without a settled place made necessary.</summary>
        public void Trim(int places)
        {
            if (_best.Length > places)
                (_best, _trace) = (new Arrival[64], new int[64]);
        }

        public double Best(int at) => _best[at].Sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Offer(int at, int from, int id, double sum, bool single)
        {
            ref Arrival arrival = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_best), at);
            if (arrival.Reached && !(sum > arrival.Sum))
                return;
            arrival = new Arrival(single ? (float)sum : sum, from, id, true);
        }

        /// <summary>Lists the ends of the best path's pieces, the last first.</summary>
        public int Trace(int to)
        {
            int steps = 0;
            for (int at = to; at > 0; at = _best[at].From)
                _trace[steps++] = at;
            return steps;
        }

        public (int Begin, int End, int Id) Step(int step)
        {
            int end = _trace[step];
            return (_best[end].From, end, _best[end].Id);
        }

        public void Forget(int length) => _best.AsSpan(0, length + 1).Clear();

        public void Add(TokenBuffer output, int id, int start, int length)
        {
            if (_added < Lengths.Length)
                Lengths[_added] = length;
            _added++;
            output.Add(id, start, length);
        }

        private void Grow(int last)
        {
            int size = (int)Math.Min(Array.MaxLength, Math.Max(last + 1L, 2L * _best.Length));
            Array.Resize(ref _best, size);
            _trace = new int[size];
        }

        private readonly record struct Arrival(double Sum, int From, int Id, bool Reached);
    }
}
