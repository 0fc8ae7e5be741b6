using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>
/// A chat template: the Jinja subset that published models use, interpreted in a sandbox (no reflection, no files, limits on work and memory).
/// It renders what Hugging Face transformers renders (Jinja2's immutable sandbox with trim_blocks and lstrip_blocks, loop controls and generation blocks).
/// </summary>
public sealed class ChatTemplate
{
    private const int MaxSourceLength = 4 << 20;
    private readonly Block _body;

    private ChatTemplate(string source, Block body) => (Source, _body) = (source, body);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <exception cref="ChatTemplateException">It is not a template of the known language: the message says where, and what was expected.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Length > MaxSourceLength)
            throw new ChatTemplateLimitException($"the template has more than {MaxSourceLength} characters.");
        return new ChatTemplate(source, TemplateParser.Parse(source));
    }

    /// <summary>The text of a conversation.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation (<c>raise_exception</c>) or fails on it.</exception>
    public string Render(ChatRequest request, RenderLimits? limits = null, CancellationToken cancellation = default) =>
        RenderCore(request, limits, trackGeneration: false, cancellation).Text;

    /// <summary>The text of a conversation and which parts of it the assistant wrote, by the template's generation blocks.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, fails on it, or has a generation block where no span can be told.</exception>
    public RenderedChat RenderWithSpans(ChatRequest request, RenderLimits? limits = null, CancellationToken cancellation = default) =>
        RenderCore(request, limits, trackGeneration: true, cancellation);

    /// <summary>The text for any variables: strings, numbers, booleans, null, JSON, lists and dictionaries of these.</summary>
    /// <exception cref="ChatTemplateException">The template fails, or a variable is of another type.</exception>
    public string Render(IReadOnlyDictionary<string, object?> variables, RenderLimits? limits = null, TimeProvider? clock = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return Run(variables, limits, clock, trackGeneration: false, cancellation).Text;
    }

    /// <summary>The text for variables given as a JSON object.</summary>
    /// <exception cref="ChatTemplateException">The template fails.</exception>
    public string Render(JsonObject variables, RenderLimits? limits = null, TimeProvider? clock = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return Run(variables.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)), limits, clock, trackGeneration: false, cancellation).Text;
    }

    private RenderedChat RenderCore(ChatRequest request, RenderLimits? limits, bool trackGeneration, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        RenderedChat chat = Run(request.Variables(), limits, request.Clock, trackGeneration, cancellation);
        return request.ContinueFinalMessage ? FinalMessage.Cut(chat, request.Messages[^1]) : chat;
    }

    private RenderedChat Run(IEnumerable<KeyValuePair<string, object?>> variables, RenderLimits? limits, TimeProvider? clock, bool trackGeneration, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var state = new RenderState(limits ?? RenderLimits.Default, clock ?? TimeProvider.System, trackGeneration, cancellation);
        var names = new Scope(TemplateFunctions.NewScope());
        try
        {
            foreach (KeyValuePair<string, object?> pair in variables)
                names.Set(pair.Key, TemplateInput.Convert(pair.Value, pair.Key));
            state.Scope = new Scope(names);
            _body.Execute(state);
        }
        catch (ChatTemplateException error) when (error.Line == 0 && state.At.Line > 0)
        {
            throw error.Place(state.At);
        }
        return new RenderedChat(state.Output, state.Generation);
    }
}
