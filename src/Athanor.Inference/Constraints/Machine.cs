using System.Runtime.InteropServices;

namespace Athanor.Inference.Constraints;

/// <summary>
/// Runs an automaton over bytes. All readings are followed at once, their stacks merged where they wait for the same rule at the same byte (as in
/// Earley's parser), and positions that were once computed are found again, so that a text soon runs through a table.
/// </summary>
/// <remarks>Safe for many threads: what is remembered is written once and read without a lock; only new positions take one.</remarks>
internal sealed class Machine
{
    // More readings than this at one place, or places that wait for them, are given up: the byte that leads there counts as not allowed.
    private const int MaxReadings = 10_000;
    private const int MaxWaiting = 8_000;

    private readonly Lock _gate = new();
    private readonly Automaton _automaton;
    private readonly long _maxBytes;
    private readonly byte[] _classOf;
    private readonly int _classes;
    private readonly Position _dead;

    // Scratch, under the lock.
    private readonly List<Item> _kernel = [], _active = [];
    private readonly HashSet<Item> _moved = [], _entered = [];
    private readonly Stack<Item> _work = new();
    private readonly List<PendingCall> _pending = [];
    private readonly Dictionary<(int Rank, int Needed, int Remaining), PendingCall> _pendingByKey = [];
    private bool _mayEnd, _escapes;
    private int _waiting;

    private Dictionary<ItemsKey, Position> _positions = [];
    private Dictionary<FrameKey, Frame> _frames = [];
    private Position? _start;
    private long _bytes;
    private long _lastFrame = 1;

    public Machine(Automaton automaton, long maxBytes)
    {
        (_automaton, _maxBytes) = (automaton, maxBytes);
        _classOf = automaton.ClassOf;
        _classes = automaton.Representatives.Length;
        _dead = new Position([], [], false, false, 0);
    }

    /// <summary>The position before the first byte.</summary>
    public Position Start
    {
        get
        {
            lock (_gate)
            {
                if (_start is null)
                {
                    _kernel.Clear();
                    _kernel.Add(new Item(_automaton.Rules[0].Start, Frame.Text));
                    _start = Intern();
                }
                return _start;
            }
        }
    }

    /// <summary>The class of each byte, for <see cref="Step"/>.</summary>
    public ReadOnlySpan<byte> ClassOf => _classOf;

    /// <summary>The position after a byte; a dead one where it cannot come.</summary>
    public Position Step(Position from, byte value) => from.IsDead ? from : from.Next[_classOf[value]] ?? StepSlowly(from, _classOf[value]);

    /// <summary>The position after a byte of a class, where the position does not remember it.</summary>
    public Position StepSlowly(Position from, int byteClass)
    {
        if (from.IsDead)
            return from;
        byte value = _automaton.Representatives[byteClass];
        lock (_gate)
        {
            if (from.Next[byteClass] is { } known)
                return known;
            _kernel.Clear();
            foreach (Item item in from.Active)
            {
                foreach (ByteEdge edge in _automaton.Bytes(item.State))
                {
                    if (value >= edge.From && value <= edge.To)
                        _kernel.Add(new Item(edge.Target, item.Frame));
                }
            }
            return from.Next[byteClass] = Intern();
        }
    }

    /// <summary>The position of given states.</summary>
    public Position At(ReadOnlySpan<Item> items)
    {
        lock (_gate)
        {
            _kernel.Clear();
            _kernel.AddRange(items);
            return Intern();
        }
    }

    /// <summary>A frame with the given content.</summary>
    public Frame FrameOf(int rule, int needed, int remaining, List<FrameEdge> edges)
    {
        lock (_gate)
            return InternFrame(rule, needed, remaining, edges);
    }

    /// <summary>Counts memory that was hung on positions; where too much is remembered all is forgotten, and texts under way go on with what they hold.</summary>
    public void Charge(long bytes)
    {
        lock (_gate)
        {
            if ((_bytes += bytes) > _maxBytes)
                Forget();
        }
    }

    private void Forget()
    {
        _positions = [];
        _frames = [];
        _start = null;
        _bytes = 0;
    }

    private Position Intern()
    {
        PopEnded();
        if (_kernel.Count == 0)
            return _dead;
        _kernel.Sort(static (x, y) => x.Frame.Id != y.Frame.Id ? x.Frame.Id.CompareTo(y.Frame.Id) : x.State.CompareTo(y.State));
        Item[] kernel = [.. _kernel];
        var key = new ItemsKey(kernel);
        if (_positions.TryGetValue(key, out Position? position))
            return position;
        Close(kernel);
        if (_active.Count > MaxReadings || _waiting > MaxWaiting)
            return _dead;
        position = new Position(kernel, [.. _active], _mayEnd, _escapes, _classes) { IsCrowded = _active.Count > MaxReadings / 16 || _waiting > MaxWaiting / 16 };
        _positions[key] = position;
        _bytes += 200 + 16L * (kernel.Length + _active.Count) + 8L * _classes;
        if (_bytes > _maxBytes)
            Forget();
        return position;
    }

    /// <summary>Leaves rules that have ended for good, and doubles out: stacks do not grow with repeats that a rule writes as recursion at its end.</summary>
    private void PopEnded()
    {
        _moved.Clear();
        for (int i = 0; i < _kernel.Count; i++)
        {
            Item item = _kernel[i];
            if (!_moved.Add(item))
                continue;
            if (_automaton.IsEnd(item.State) && item.Frame is { Rule: >= 0, Counts: false })
            {
                foreach (FrameEdge edge in item.Frame.Edges)
                    _kernel.Add(new Item(edge.State, edge.Parent));
            }
        }
        _kernel.Clear();
        foreach (Item item in _moved)
        {
            if (!_automaton.IsEnd(item.State) || item.Frame.Rule < 0 || item.Frame.Counts)
                _kernel.Add(item);
        }
    }

    private void Close(Item[] kernel)
    {
        _active.Clear();
        _moved.Clear();
        _entered.Clear();
        _pending.Clear();
        _pendingByKey.Clear();
        (_mayEnd, _escapes, _waiting) = (false, false, 0);
        foreach (Item item in kernel)
            _work.Push(item);
        while (_work.TryPop(out Item item))
        {
            if (!_moved.Add(item))
                continue;
            if (_automaton.IsEnd(item.State))
                End(item.Frame);
            Follow(item, entering: false);
        }
        // Rules are entered callers first: when a frame is made, all that wait for it are known.
        while (_pending.Count > 0)
        {
            int first = 0;
            for (int i = 1; i < _pending.Count; i++)
            {
                if (_pending[i].Rank < _pending[first].Rank)
                    first = i;
            }
            PendingCall call = _pending[first];
            _pending[first] = _pending[^1];
            _pending.RemoveAt(_pending.Count - 1);
            Frame frame = InternFrame(call.Rule, call.Needed, call.Remaining, call.Edges);
            _work.Push(new Item(_automaton.Rules[call.Rule].Start, frame));
            while (_work.TryPop(out Item item))
            {
                // An end without a byte is not counted: callers have gone past rules that may be empty.
                if (_entered.Add(item))
                    Follow(item, entering: true);
            }
        }
    }

    private void Follow(Item item, bool entering)
    {
        if (_automaton.Bytes(item.State).Length > 0 && (!entering || !_moved.Contains(item)))
            _active.Add(item);
        foreach (int target in _automaton.Empty(item.State))
            _work.Push(new Item(target, item.Frame));
        foreach (CallEdge call in _automaton.Calls(item.State))
        {
            if (call.Min == 0)
                _work.Push(new Item(call.Return, item.Frame));
            if (_automaton.IsEnd(call.Return) && item.Frame is { Rule: >= 0, Counts: false })
            {
                foreach (FrameEdge edge in item.Frame.Edges)
                    Enter(call.Rule, call.Min, call.Max, edge);
            }
            else
            {
                Enter(call.Rule, call.Min, call.Max, new FrameEdge(call.Return, item.Frame));
            }
        }
    }

    private void End(Frame frame)
    {
        if (frame.Rule < 0)
        {
            _mayEnd |= frame == Frame.Text;
            _escapes |= frame == Frame.Unknown;
            return;
        }
        int needed = Math.Max(0, frame.Needed - 1), remaining = frame.Remaining < 0 ? -1 : frame.Remaining - 1;
        foreach (FrameEdge edge in frame.Edges)
        {
            if (needed == 0)
                _work.Push(new Item(edge.State, edge.Parent));
            if (remaining != 0)
                Enter(frame.Rule, needed, remaining, edge);
        }
    }

    private void Enter(int rule, int needed, int remaining, FrameEdge edge)
    {
        if (++_waiting > MaxWaiting)
            return;
        int rank = _automaton.Rules[rule].Rank;
        if (!_pendingByKey.TryGetValue((rank, needed, remaining), out PendingCall? call))
        {
            _pendingByKey[(rank, needed, remaining)] = call = new PendingCall(rule, rank, needed, remaining);
            _pending.Add(call);
        }
        call.Edges.Add(edge);
    }

    private Frame InternFrame(int rule, int needed, int remaining, List<FrameEdge> edges)
    {
        edges.Sort(static (x, y) => x.Parent.Id != y.Parent.Id ? x.Parent.Id.CompareTo(y.Parent.Id) : x.State.CompareTo(y.State));
        int count = 0;
        for (int i = 0; i < edges.Count; i++)
        {
            if (i == 0 || edges[i] != edges[i - 1])
                edges[count++] = edges[i];
        }
        var key = new FrameKey(rule, needed, remaining, [.. CollectionsMarshal.AsSpan(edges)[..count]]);
        if (!_frames.TryGetValue(key, out Frame? frame))
        {
            _frames[key] = frame = new Frame(++_lastFrame, rule, needed, remaining, key.Edges);
            _bytes += 150 + 16L * count;
        }
        return frame;
    }

    private sealed class PendingCall(int rule, int rank, int needed, int remaining)
    {
        public int Rule => rule;

        public int Rank => rank;

        public int Needed => needed;

        public int Remaining => remaining;

        public List<FrameEdge> Edges { get; } = [];
    }

    private readonly struct ItemsKey(Item[] items) : IEquatable<ItemsKey>
    {
        private readonly Item[] _items = items;

        public bool Equals(ItemsKey other) => _items.AsSpan().SequenceEqual(other._items);

        public override bool Equals(object? obj) => obj is ItemsKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (Item item in _items)
            {
                hash.Add(item.State);
                hash.Add(item.Frame.Id);
            }
            return hash.ToHashCode();
        }
    }

    private readonly struct FrameKey(int rule, int needed, int remaining, FrameEdge[] edges) : IEquatable<FrameKey>
    {
        public FrameEdge[] Edges { get; } = edges;

        private readonly (int, int, int) _head = (rule, needed, remaining);

        public bool Equals(FrameKey other) => _head == other._head && Edges.AsSpan().SequenceEqual(other.Edges);

        public override bool Equals(object? obj) => obj is FrameKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_head);
            foreach (FrameEdge edge in Edges)
            {
                hash.Add(edge.State);
                hash.Add(edge.Parent.Id);
            }
            return hash.ToHashCode();
        }
    }
}
