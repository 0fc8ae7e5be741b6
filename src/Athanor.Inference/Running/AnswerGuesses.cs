using System.Runtime.InteropServices;
using Athanor.Inference.Generation;
using Athanor.Inference.Scheduling;
using Athanor.Inference.Speculation;
using Athanor.Tensors;

namespace Athanor.Inference.Running;

/// <summary>
/// The guesses of one text and the walk through them: from the text's end each drawn token leads to the guess that it is, as long as there is one. Nodes are numbered as the tokens that
/// stand behind the text's last.
/// </summary>
internal sealed class AnswerGuesses(SpeculationState state, EngineModel model) : IDisposable
{
    private readonly DraftTree _tree = new();
    private readonly List<int> _path = [], _asked = [], _right = [];
    private ISpeculator? _speculator;
    private float[] _hidden = [];
    private int _end, _node, _last;

    /// <summary>The position whose logits are to be drawn from next; −1 where the walk has ended.</summary>
    public int Position { get; private set; }

    /// <summary>How often the first, the second, … place was guessed, and right.</summary>
    public IEnumerable<SpeculatedPlace> Places => _asked.Zip(_right, (asked, right) => new SpeculatedPlace(asked, right));

    /// <summary>Guesses made, and those that were right.</summary>
    public int Drafted { get; private set; }

    /// <inheritdoc cref="Drafted"/>
    public int Accepted { get; private set; }

    /// <summary>Whether last hidden states are wanted.</summary>
    public bool ReadsHidden => _speculator is { ReadsHidden: true };

    /// <summary>Begins the walk of a step that computes positions up to <paramref name="end"/>.</summary>
    public void BeginWalk(Sequence sequence, int end)
    {
        _path.Clear();
        (_end, _node, _last) = (end, DraftTree.Root, -1);
        Position = sequence.Tokens.Count - 1 - sequence.Drafted;
    }

    /// <summary>Goes on with what was drawn at <see cref="Position"/>; true where it was guessed and its own logits follow.</summary>
    public bool Walk(Sequence sequence, int token, bool goesOn)
    {
        _last = Position;
        int next = goesOn && sequence.Drafted > 0 ? _tree.Child(_node, token) : -1, first = sequence.Tokens.Count - sequence.Drafted;
        bool found = next >= 0 && first + next < _end;
        (_node, Position) = found ? (next, first + next) : (_node, -1);
        if (found)
            _path.Add(next);
        return found;
    }

    /// <summary>Puts what was drawn in the place of the guesses; gives how many of the span's tokens stay.</summary>
    public int Keep(in ScheduledSpan span, ModelRunner runner)
    {
        Sequence sequence = span.Sequence;
        int first = sequence.Tokens.Count - sequence.Drafted, guesses = sequence.Drafted, kept = Math.Min(span.Count, first - sequence.Computed);
        if (guesses > 0)
        {
            if (sequence.Tree is not null && _path.Count > 0)
                runner.Keep(sequence, first, _path);
            sequence.DropDrafts();
            foreach (int node in _path)
                sequence.Tokens.Add(_tree.Tokens[node]);
            Note();
        }
        state.Checked(guesses, _path.Count);
        (Drafted, Accepted) = (Drafted + guesses, Accepted + _path.Count);
        return kept + _path.Count;
    }

    /// <summary>Keeps the hidden state behind which the last token was drawn.</summary>
    public void TakeHidden(int position, ReadOnlySpan<float> hidden)
    {
        if (position != _last)
            return;
        if (_hidden.Length == 0)
            _hidden = new float[hidden.Length];
        hidden.CopyTo(_hidden);
    }

    /// <summary>Guesses what follows the text's last token and lays the guesses behind it.</summary>
    /// <param name="most">Tokens that the text may still get.</param>
    public void Guess(Sequence sequence, Sampling.TokenSampler sampler, int drawable, int most)
    {
        using StepScope scope = StepScope.Begin(model.Decoder.Device, record: false);
        bool reads = _speculator is { ReadsHidden: true } && _hidden.Length > 0;
        if (_speculator is null || (_speculator.ReadsHidden && !reads))
        {
            // Hidden states come from the next step on.
            _speculator ??= state.Begin(Math.Min(model.ContextLength, sequence.Tokens.Count + most));
            if (_speculator.ReadsHidden)
                most = 0;
        }
        var place = new SpeculationPlace
        {
            Tokens = CollectionsMarshal.AsSpan(sequence.Tokens),
            Sampler = sampler,
            Hidden = reads ? Tensor.From(model.Decoder.Device, new Shape(1, 1, _hidden.Length), _hidden) : default,
            Vocabulary = drawable,
        };
        state.Guess(_speculator, place, _tree, Math.Min(most, model.ContextLength - sequence.Tokens.Count - 1));
        _tree.Cut(model.ContextLength - sequence.Tokens.Count);
        foreach (int token in _tree.Tokens)
            sequence.Tokens.Add(token);
        (sequence.Drafted, sequence.Tree) = (_tree.Count, _tree.IsChain ? null : _tree);
    }

    private void Note()
    {
        int deep = 0;
        foreach (int depth in _tree.Depths)
            deep = Math.Max(deep, depth + 1);
        for (int i = 0; i < deep; i++)
        {
            if (i == _asked.Count)
            {
                _asked.Add(0);
                _right.Add(0);
            }
            _asked[i]++;
            _right[i] += i < _path.Count ? 1 : 0;
        }
    }

    public void Dispose() => _speculator?.Dispose();
}
