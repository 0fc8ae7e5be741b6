using Athanor.Serving.Answers;
using Athanor.Serving.Catalog;
using Athanor.Serving.Requests;
using Microsoft.Extensions.AI;

namespace Athanor.Serving.Clients;

/// <summary>A model of this process as an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>: the mean of its last hidden states, of length 1.</summary>
/// <param name="model">The model; it is not disposed of with the generator.</param>
public sealed class EngineEmbeddingGenerator(ServedModel model) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("athanor", defaultModelId: model.Id, defaultModelDimensions: model.Engine.EmbeddingSize);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A text is empty or longer than the context, or the dimensions are more than the model has.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } dimensions && (dimensions < 1 || dimensions > model.Engine.EmbeddingSize))
            throw new ArgumentException($"{dimensions} dimensions are asked for; the model has {model.Engine.EmbeddingSize}.", nameof(options));
        int[][] texts = [.. values.Select(text => CompletionReader.Encode(model, text, addSpecial: true, parseSpecial: false))];
        float[][] vectors = await TextVectors.OfAsync(model, texts, options?.Dimensions, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        int tokens = texts.Sum(text => text.Length);
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => new Embedding<float>(vector) { ModelId = model.Id, CreatedAt = now }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(model.Engine) ? model.Engine
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Nothing to free: the model is the caller's.</summary>
    public void Dispose()
    {
    }
}
