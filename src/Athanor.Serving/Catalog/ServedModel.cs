using Athanor.Inference.Generation;
using Athanor.Serving.Chat;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Chat;

namespace Athanor.Serving.Catalog;

/// <summary>What a model is served with, beside its engine.</summary>
public sealed record ServedModelOptions
{
    /// <summary>A chat template's text, or the name of a built-in one; null for the model's own, or else the built-in plain one.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>How it is sampled where requests do not say.</summary>
    public GenerationDefaults Defaults { get; init; } = new();

    /// <summary>The token that stands before every text; null for the tokenizer's begin token.</summary>
    public int? Begin { get; init; }

    /// <summary>The tokens that end a text, as the engine has them; null for the tokenizer's end token.</summary>
    public IReadOnlyList<int>? EndTokens { get; init; }

    /// <summary>When the model was made; the listing of models tells it.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UnixEpoch;
}

/// <summary>A model under the name by which requests ask for it: an engine, maybe with one of its adapters.</summary>
public sealed class ServedModel
{
    private const string Plain = "plain";
    private readonly ChatTemplate _template;
    private readonly ChatTemplate? _toolTemplate;

    /// <summary>A model.</summary>
    /// <exception cref="ChatTemplateException">The chat template cannot be read.</exception>
    public ServedModel(string id, IEngine engine, ServedModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(engine);
        options ??= new ServedModelOptions();
        (Id, Engine, Defaults, Created) = (id, engine, options.Defaults, options.Created);
        Begin = options.Begin ?? engine.Tokenizer.BosId;
        Constraints = new ConstraintCache(engine.Tokenizer, options.EndTokens);
        TokenizerSettings settings = engine.Tokenizer.Settings;
        string? own = settings.ChatTemplate ?? settings.NamedChatTemplates.GetValueOrDefault("default");
        HasOwnTemplate = own is not null || options.ChatTemplate is not null;
        if (options.ChatTemplate is { } asked)
            _template = BuiltInTemplates.Names.Contains(asked) ? BuiltInTemplates.Get(asked) : ChatTemplate.Parse(asked);
        else
            _template = own is null ? BuiltInTemplates.Get(Plain) : ChatTemplate.Parse(own);
        if (options.ChatTemplate is null && settings.NamedChatTemplates.TryGetValue("tool_use", out string? tools))
            _toolTemplate = ChatTemplate.Parse(tools);
        // The plain template ends turns with the end token, which a model that never saw chats does not write.
        TurnEnds = ReferenceEquals(_template, BuiltInTemplates.Get(Plain)) ? ["\nUser:", "\nSystem:", "\nAssistant:"] : [];
    }

    private ServedModel(ServedModel parent, string adapter)
    {
        (Id, Adapter, Parent, Engine, Defaults, Created, Begin) = (adapter, adapter, parent.Id, parent.Engine, parent.Defaults, parent.Created, parent.Begin);
        (_template, _toolTemplate, HasOwnTemplate, TurnEnds, Constraints) = (parent._template, parent._toolTemplate, parent.HasOwnTemplate, parent.TurnEnds, parent.Constraints);
    }

    /// <summary>The name.</summary>
    public string Id { get; }

    /// <summary>What computes.</summary>
    public IEngine Engine { get; }

    /// <summary>The engine's adapter that this name stands for; null for the model itself.</summary>
    public string? Adapter { get; }

    /// <summary>The name of the model that the adapter adapts; null for the model itself.</summary>
    public string? Parent { get; }

    /// <summary>How it is sampled where requests do not say.</summary>
    public GenerationDefaults Defaults { get; }

    /// <summary>When the model was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Whether the model came with a chat template, or one was given; the built-in plain one is used otherwise.</summary>
    public bool HasOwnTemplate { get; }

    /// <summary>The token that stands before every text, or null.</summary>
    internal int? Begin { get; }

    /// <summary>Schemas, expressions and grammars that requests asked for.</summary>
    internal ConstraintCache Constraints { get; }

    /// <summary>Texts that end the assistant's turn beside the model's own end tokens.</summary>
    internal IReadOnlyList<string> TurnEnds { get; }

    /// <summary>The same model through each of its engine's adapters.</summary>
    public IEnumerable<ServedModel> WithAdapters() => Engine.Adapters.Select(name => new ServedModel(this, name));

    /// <summary>The template for a conversation with or without tools.</summary>
    internal ChatTemplate Template(bool tools) => tools && _toolTemplate is { } own ? own : _template;

    /// <summary>How the model writes that it calls a tool, and whether its template tells it of tools.</summary>
    internal ToolCallFormat ToolFormat => ToolCallFormat.Of(Template(tools: true).Source);
}
