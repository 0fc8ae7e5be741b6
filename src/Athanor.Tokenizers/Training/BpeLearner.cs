namespace Athanor.Tokenizers.Training;

/// <summary>
/// The loop of byte-pair encoding: merges the most frequent pair of neighbours, again and again, and keeps all counts exact.
/// </summary>
/// <remarks>
/// All occurrences of a pair come into being when the younger of its two tokens does, so each pair's list of positions is written once, in
/// ascending order, and only loses entries after that; entries that a neighbour's merge has made void are recognised at the slots. Counts
/// of a pair only fall. A pair that starts below the lowest count can therefore be forgotten at once, together with its list.
/// Every applied merge makes the line a token shorter: all lists together never exceed three entries a byte, and void ones are swept out when they
/// are half. Time O(N + P log P) for N bytes of distinct pieces and P pairs; memory about 4 bytes a byte for the line and at most 8 for lists.
/// </remarks>
internal sealed class BpeLearner
{
    private readonly PieceSymbols _line;
    private readonly int[] _slots;
    private readonly long _minimumCount;
    private readonly int _maxTokenBytes;
    private readonly PairHeap _heap = new();
    private readonly List<int> _lengths;
    private PairIndex _table;
    private Pair[] _pairs = new Pair[256];
    private int _pairCount, _newPairs;
    private int[] _positions = [];
    private int _positionsUsed;

    // By token: what the present merge takes from and gives to its pairs on the left and on the right of the merged one.
    private Neighbour[] _left, _right;
    private int[] _leftTouched, _rightTouched;

    /// <summary>Counts the pairs of the line.</summary>
    /// <param name="lengths">Bytes of each token that the line uses, by id; grows with each merge.</param>
    public BpeLearner(PieceSymbols line, List<int> lengths, long minimumCount, int maxTokenBytes, int threads, CancellationToken cancellation)
    {
        _line = line;
        _slots = line.Slots;
        _lengths = lengths;
        _minimumCount = minimumCount;
        _maxTokenBytes = maxTokenBytes;
        _left = new Neighbour[lengths.Count];
        _right = new Neighbour[lengths.Count];
        _leftTouched = new int[lengths.Count];
        _rightTouched = new int[lengths.Count];
        _table = new PairIndex(1 << 12);
        CountPairs(threads, cancellation);
    }

    private struct Pair
    {
        public ulong Key;
        public long Count;   // 0 when the pair is merged or forgotten
        public int Start, Length;
    }

    private struct Neighbour
    {
        public long Lost, Gained;
        public int Positions, At;
    }

    /// <summary>Bytes of memory held by the line and its index.</summary>
    public long Memory => 4L * _slots.Length + 4L * _positions.Length + 24L * _pairs.Length + _table.Memory + _heap.Memory + 48L * _left.Length;

    /// <summary>The most bytes that were held at a sweep or at the end.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>The most frequent pair, ties by ascending ids; false when none has the lowest count.</summary>
    public bool TryPeek(out int left, out int right, out long count)
    {
        while (_heap.Count > 0)
        {
            PairHeap.Entry top = _heap.Top;
            long present = _pairs[top.Index].Count;
            if (present == top.Count)
            {
                (left, right, count) = ((int)(top.Pair >> 32), (int)(uint)top.Pair, present);
                return true;
            }
            if (present < _minimumCount)
                _heap.Pop();
            else
                _heap.Lower(present);
        }
        (left, right, count) = (0, 0, 0);
        return false;
    }

    /// <summary>Never merges the top pair.</summary>
    public void Forbid()
    {
        _pairs[_heap.Top.Index].Count = 0;
        _heap.Pop();
    }

    /// <summary>Merges the top pair everywhere; the new token has the next id.</summary>
    public void Merge()
    {
        PairHeap.Entry top = _heap.Top;
        _heap.Pop();
        int a = (int)(top.Pair >> 32), b = (int)(uint)top.Pair, merged = _lengths.Count;
        _lengths.Add(_lengths[a] + _lengths[b]);
        if (_left.Length < _lengths.Count)
        {
            int size = Math.Max(_lengths.Count, 2 * _left.Length);
            Array.Resize(ref _left, size);
            Array.Resize(ref _right, size);
            Array.Resize(ref _leftTouched, size);
            Array.Resize(ref _rightTouched, size);
        }
        ref Pair pair = ref _pairs[top.Index];
        Span<int> places = _positions.AsSpan(pair.Start, pair.Length);
        pair.Count = 0;
        pair.Length = 0;
        places = places[..Replace(places, a, b, merged)];
        int needed = CollectNeighbours(places, a, b, merged);
        AddPairs(places, needed, merged);
        if (Memory > PeakMemory)
            PeakMemory = Memory;
    }

    /// <summary>Writes the merged token over every valid occurrence and notes what its neighbours lose; returns how many there were, at the head of the list.</summary>
    private int Replace(Span<int> places, int a, int b, int merged)
    {
        int[] slots = _slots;
        int lengthA = _lengths[a], length = _lengths[merged], complement = ~merged;
        int done = 0, run = 0, leftCount = 0, rightCount = 0;
        foreach (int at in places)
        {
            int middle = at + lengthA;
            if (slots[at] != a || slots[middle] != b)
                continue;
            run = _line.RunOf(at, run);
            long weight = _line.RunCounts[run];
            int before = slots[at - 1];
            if (before != PieceSymbols.Boundary && before != complement)
            {
                ref Neighbour left = ref _left[before < 0 ? ~before : before];
                if (left.Lost == 0)
                    _leftTouched[leftCount++] = before < 0 ? ~before : before;
                left.Lost += weight;
            }
            int behind = slots[at + length];
            if (behind >= 0)
            {
                ref Neighbour right = ref _right[behind];
                if (right.Lost == 0)
                    _rightTouched[rightCount++] = behind;
                right.Lost += weight;
            }
            slots[middle] = PieceSymbols.Inside;
            slots[at + length - 1] = complement;
            slots[at] = merged;
            places[done++] = at;
        }
        for (int i = 0; i < leftCount; i++)
            Lose(_leftTouched[i], a, ref _left[_leftTouched[i]].Lost);
        for (int i = 0; i < rightCount; i++)
            Lose(b, _rightTouched[i], ref _right[_rightTouched[i]].Lost);
        return done;
    }

    private void Lose(int left, int right, ref long lost)
    {
        int index = _table.Find(PairIndex.Key(left, right));
        if (index >= 0 && _pairs[index].Count > 0)
            _pairs[index].Count -= lost;
        lost = 0;
    }

    /// <summary>Counts the new pairs that the merged token forms, and makes those that can ever be merged; returns their positions in all.</summary>
    private int CollectNeighbours(ReadOnlySpan<int> places, int a, int b, int merged)
    {
        int[] slots = _slots;
        int length = _lengths[merged];
        int run = 0, leftCount = 0, rightCount = 0;
        foreach (int at in places)
        {
            run = _line.RunOf(at, run);
            long weight = _line.RunCounts[run];
            int before = slots[at - 1];
            if (before != PieceSymbols.Boundary)
            {
                int id = before < 0 ? ~before : before;
                ref Neighbour left = ref _left[id];
                if (left.Positions++ == 0)
                    _leftTouched[leftCount++] = id;
                left.Gained += weight;
            }
            int behind = slots[at + length];
            if (behind >= 0 && behind != merged)
            {
                ref Neighbour right = ref _right[behind];
                if (right.Positions++ == 0)
                    _rightTouched[rightCount++] = behind;
                right.Gained += weight;
            }
        }
        int needed = 0;
        for (int i = 0; i < leftCount; i++)
            needed += Gain(_leftTouched[i], merged, ref _left[_leftTouched[i]], needed);
        for (int i = 0; i < rightCount; i++)
            needed += Gain(merged, _rightTouched[i], ref _right[_rightTouched[i]], needed);
        return needed;
    }

    /// <summary>Makes a pair with room for its positions at <paramref name="offset"/> behind the used ones, if it can ever be merged.</summary>
    private int Gain(int left, int right, ref Neighbour neighbour, int offset)
    {
        (long count, int positions) = (neighbour.Gained, neighbour.Positions);
        neighbour.Gained = 0;
        neighbour.Positions = 0;
        neighbour.At = -1;
        if (count < _minimumCount || _lengths[left] + _lengths[right] > _maxTokenBytes)
            return 0;
        neighbour.At = offset;
        ulong key = PairIndex.Key(left, right);
        if (_pairCount == _pairs.Length)
            Array.Resize(ref _pairs, 2 * _pairCount);
        _pairs[_pairCount] = new Pair { Key = key, Count = count, Start = offset, Length = positions };
        _newPairs++;
        _pairCount++;
        return positions;
    }

    /// <summary>Writes the positions of the new pairs and puts the pairs into table and heap.</summary>
    private void AddPairs(ReadOnlySpan<int> places, int needed, int merged)
    {
        int first = _pairCount - _newPairs;
        _newPairs = 0;
        int[] source = _positions;
        if (source.Length - _positionsUsed < needed)
        {
            // The places lie in the old array, which Sweep leaves as it is.
            first = Sweep(first, needed);
        }
        int start = _positionsUsed;
        int[] slots = _slots;
        int length = _lengths[merged];
        foreach (int at in places)
        {
            int before = slots[at - 1];
            if (before != PieceSymbols.Boundary)
            {
                int id = before < 0 ? ~before : before;
                ref Neighbour left = ref _left[id];
                if (left.At >= 0)
                    _positions[start + left.At++] = at - _lengths[id];
            }
            int behind = slots[at + length];
            if (behind >= 0 && behind != merged)
            {
                ref Neighbour right = ref _right[behind];
                if (right.At >= 0)
                    _positions[start + right.At++] = at;
            }
        }
        _positionsUsed += needed;
        for (int i = first; i < _pairCount; i++)
        {
            ref Pair pair = ref _pairs[i];
            pair.Start += start;
            _table.FindOrAdd(pair.Key, i);
            _heap.Push(new PairHeap.Entry(pair.Count, pair.Key, i));
        }
    }

    /// <summary>
    /// Forgets pairs that can no longer be merged and void positions; pairs from <paramref name="first"/> on are not in the lists yet and keep their order.
    /// Returns the new index of the first of those.
    /// </summary>
    private int Sweep(int first, int needed)
    {
        long valid = 0;
        for (int i = 0; i < first; i++)
        {
            if (_pairs[i].Count >= _minimumCount)
                valid += _pairs[i].Length;
        }
        long size = Math.Max(valid + needed, Math.Min(2 * valid, _slots.Length) + 2L * needed);
        if (size > Array.MaxLength)
            size = Math.Max(valid + needed, Array.MaxLength);
        int[] positions = new int[size];
        if (Memory + 4 * size > PeakMemory)
            PeakMemory = Memory + 4 * size;
        int used = 0, kept = 0;
        _heap.Clear();
        _table = new PairIndex(_pairCount);
        for (int i = 0; i < _pairCount; i++)
        {
            Pair pair = _pairs[i];
            if (i < first)
            {
                if (pair.Count < _minimumCount)
                    continue;
                int a = (int)(pair.Key >> 32), b = (int)(uint)pair.Key, lengthA = _lengths[a], start = used;
                foreach (int at in _positions.AsSpan(pair.Start, pair.Length))
                {
                    if (_slots[at] == a && _slots[at + lengthA] == b)
                        positions[used++] = at;
                }
                (pair.Start, pair.Length) = (start, used - start);
                _table.FindOrAdd(pair.Key, kept);
                _heap.Push(new PairHeap.Entry(pair.Count, pair.Key, kept));
            }
            _pairs[kept++] = pair;
        }
        int fresh = kept - (_pairCount - first);
        _pairCount = kept;
        _positions = positions;
        _positionsUsed = used;
        return fresh;
    }

    private void CountPairs(int threads, CancellationToken cancellation)
    {
        // Parts of the line that begin behind a boundary, so that each is counted for itself.
        threads = (int)Math.Clamp(_slots.Length / 65536, 1, threads);
        var edges = new int[threads + 1];
        for (int i = 1; i < threads; i++)
        {
            int edge = (int)((long)_slots.Length * i / threads);
            while (edge < _slots.Length && _slots[edge - 1] != PieceSymbols.Boundary)
                edge++;
            edges[i] = Math.Max(edge, edges[i - 1]);
        }
        edges[0] = Math.Min(1, _slots.Length);
        for (int i = 1; i < threads; i++)
            edges[i] = Math.Max(edges[i], 1);
        edges[threads] = _slots.Length;
        var parts = new InitialPairs[threads];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(0, threads, parallel, i => parts[i] = new InitialPairs(_line, _lengths, edges[i], edges[i + 1]));

        // The pairs of all parts; a part's positions of a pair stand behind those of the parts before it.
        foreach (InitialPairs part in parts)
        {
            for (int i = 0; i < part.Table.Count; i++)
            {
                ulong key = part.Keys[i];
                int index = _table.FindOrAdd(key, _pairCount);
                if (index == _pairCount)
                {
                    if (_pairCount == _pairs.Length)
                        Array.Resize(ref _pairs, 2 * _pairCount);
                    _pairs[_pairCount++] = new Pair { Key = key };
                }
                _pairs[index].Count += part.Counts[i];
                _pairs[index].Length += part.Lengths[i];
            }
        }
        long total = 0;
        for (int i = 0; i < _pairCount; i++)
        {
            ref Pair pair = ref _pairs[i];
            if (pair.Count < _minimumCount || _lengths[(int)(pair.Key >> 32)] + _lengths[(int)(uint)pair.Key] > _maxTokenBytes)
            {
                pair.Count = 0;
                pair.Length = 0;
                continue;
            }
            pair.Start = (int)total;
            total += pair.Length;
            _heap.Push(new PairHeap.Entry(pair.Count, pair.Key, i));
        }
        _positions = new int[Math.Min(Array.MaxLength, total + total / 4 + 1024)];
        _positionsUsed = (int)total;
        var next = new int[_pairCount];
        foreach (InitialPairs part in parts)
        {
            for (int i = 0; i < part.Table.Count; i++)
            {
                int index = _table.Find(part.Keys[i]);
                int length = part.Lengths[i];
                part.Lengths[i] = _pairs[index].Count == 0 ? -1 : _pairs[index].Start + next[index];
                next[index] += length;
            }
        }
        Parallel.For(0, threads, parallel, i => parts[i].WritePositions(_positions));
        PeakMemory = Memory;
    }
}
