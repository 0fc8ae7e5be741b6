using System.Runtime.CompilerServices;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>One rendering: its names, its output, and what it has spent of its limits.</summary>
internal sealed class RenderState(RenderLimits limits, TimeProvider clock, bool trackGeneration, CancellationToken cancellation)
{
    private long _steps;
    private long _nextCheck;
    private int _calls;
    private int _captures;
    private StringBuilder _output = new();

    public RenderLimits Limits { get; } = limits;

    public TimeProvider Clock { get; } = clock;

    public Scope Scope { get; set; } = new(null);

    /// <summary>The node evaluated last: where an error is reported.</summary>
    public SourcePosition At { get; set; }

    public List<(int Start, int Length)> Generation { get; } = [];

    public string Output => _output.ToString();

    /// <summary>One node evaluated at a place.</summary>
    public void Step(SourcePosition at)
    {
        At = at;
        Charge(1);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ChatTemplateLimitException("the template is nested too deeply for this thread's stack.");
    }

    public void Charge(long steps)
    {
        _steps += steps;
        if (_steps < _nextCheck)
            return;
        cancellation.ThrowIfCancellationRequested();
        if (_steps > Limits.MaxSteps)
            throw new ChatTemplateLimitException($"the template took more than {Limits.MaxSteps} steps.");
        _nextCheck = Math.Min(_steps + 4096, Limits.MaxSteps + 1);
    }

    public void ChargeText(long length) => Charge(length >> 4);

    public void CheckText(long length)
    {
        if (length > Limits.MaxTextLength)
            throw new ChatTemplateLimitException($"the template made a text of more than {Limits.MaxTextLength} characters.");
    }

    /// <summary>A string made by the template: refused when too long, paid for by its length.</summary>
    public string CheckText(string text)
    {
        CheckText(text.Length);
        ChargeText(text.Length);
        return text;
    }

    public void CheckItems(long count)
    {
        if (count > Limits.MaxItems)
            throw new ChatTemplateLimitException($"the template made a list of more than {Limits.MaxItems} items.");
    }

    public void Write(string text)
    {
        CheckText((long)_output.Length + text.Length);
        ChargeText(text.Length);
        _output.Append(text);
    }

    /// <summary>What a body writes, as a string instead of output.</summary>
    public string Capture(Action body)
    {
        StringBuilder outer = _output;
        _output = new StringBuilder();
        _captures++;
        try
        {
            body();
            return _output.ToString();
        }
        finally
        {
            _output = outer;
            _captures--;
        }
    }

    /// <summary>Runs a body with names of its own on top of those of <paramref name="outer"/>.</summary>
    public Flow Within(Scope outer, Func<Flow> body)
    {
        Scope saved = Scope;
        Scope = new Scope(outer);
        try
        {
            return body();
        }
        finally
        {
            Scope = saved;
        }
    }

    public void EnterCall(string name)
    {
        if (++_calls > Limits.MaxDepth)
            throw new ChatTemplateLimitException($"'{name}' is called more than {Limits.MaxDepth} calls deep.");
    }

    public void LeaveCall() => _calls--;

    /// <summary>Notes as the assistant's what a body writes.</summary>
    public Flow Generate(Func<Flow> body)
    {
        if (trackGeneration && _captures > 0)
            throw new ChatTemplateException("a generation block inside a macro, a call, a filter block or a block assignment has no place in the text yet; its span cannot be told.");
        int start = _output.Length;
        Flow flow = body();
        if (_captures == 0)
            Generation.Add((start, _output.Length - start));
        return flow;
    }
}

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Normal,
    Break,
    Continue,
}

/// <summary>Names of a block, on top of those around it.</summary>
internal sealed class Scope(Scope? outer)
{
    private Dictionary<string, object?>? _names;

    public object? Get(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._names is { } names && names.TryGetValue(name, out object? value))
                return value;
        }
        return new UndefinedValue($"'{name}' is undefined.");
    }

    public void Set(string name, object? value) => (_names ??= new(StringComparer.Ordinal))[name] = value;

    private Scope? Outer { get; } = outer;
}
