namespace Athanor.Inference.Constraints;

/// <summary>The place of one text in a compiled constraint.</summary>
internal sealed class GrammarConstraint : ITokenConstraint
{
    // Positions of so many tokens back are kept; further back the text is read again.
    private const int KeptPositions = 256;

    private readonly CompiledConstraint _constraint;
    private readonly List<int> _tokens;
    private readonly List<Position?> _positions;   // before each token
    private Position _position;
    private bool _ended;

    public GrammarConstraint(CompiledConstraint constraint)
    {
        (_constraint, _tokens, _positions) = (constraint, [], []);
        _position = constraint.Machine.Start;
    }

    private GrammarConstraint(GrammarConstraint other)
    {
        (_constraint, _position, _ended) = (other._constraint, other._position, other._ended);
        (_tokens, _positions) = ([.. other._tokens], [.. other._positions]);
    }

    public bool IsComplete => _ended || (_position.Active.Length == 0 && _position.MayEnd);

    public bool MayEnd => _ended || _position.MayEnd;

    public void FillMask(Span<uint> allowed)
    {
        int words = _constraint.Masks.Words;
        allowed.Clear();
        if (!_ended && _position.Active.Length > 0)
        {
            if (allowed.Length >= words)
            {
                _constraint.Masks.Fill(_position, allowed);
            }
            else
            {
                // Fewer logits than tokens: models leave out tokens that were added later.
                var all = new uint[words];
                _constraint.Masks.Fill(_position, all);
                all.AsSpan(0, allowed.Length).CopyTo(allowed);
            }
        }
        // Where the vocabulary has no token for what must come, the text can only end.
        if (MayEnd || !allowed.ContainsAnyExcept(0u))
        {
            foreach (int token in _constraint.EndTokens)
            {
                if (token >> 5 < allowed.Length)
                    allowed[token >> 5] |= 1u << token;
            }
        }
    }

    public bool TryAccept(int token)
    {
        if (_ended)
            return false;
        Position next = _position;
        if (_constraint.EndTokens.AsSpan().Contains(token))
        {
            if (!MayEnd && !IsStuck())
                return false;
            Push(token);
            _ended = true;
            return true;
        }
        if (_constraint.Trie.Text(token) is not { Length: > 0 } text)
            return false;
        foreach (byte value in text)
        {
            next = _constraint.Machine.Step(next, value);
            if (next.IsDead)
                return false;
        }
        Push(token);
        _position = next;
        return true;
    }

    public void Rollback(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _tokens.Count);
        if (tokens == 0)
            return;
        int left = _tokens.Count - tokens;
        _position = _positions[left] ?? Replay(left);
        _ended = false;
        _tokens.RemoveRange(left, tokens);
        _positions.RemoveRange(left, tokens);
    }

    public ITokenConstraint Fork() => new GrammarConstraint(this);

    private void Push(int token)
    {
        _tokens.Add(token);
        _positions.Add(_position);
        if (_positions.Count > KeptPositions)
            _positions[_positions.Count - 1 - KeptPositions] = null;
    }

    private Position Replay(int tokens)
    {
        Position position = _constraint.Machine.Start;
        for (int i = 0; i < tokens; i++)
        {
            foreach (byte value in _constraint.Trie.Text(_tokens[i]) ?? [])
                position = _constraint.Machine.Step(position, value);
        }
        return position;
    }

    private bool IsStuck()
    {
        var mask = new uint[_constraint.Masks.Words];
        _constraint.Masks.Fill(_position, mask);
        return !mask.AsSpan().ContainsAnyExcept(0u);
    }
}
