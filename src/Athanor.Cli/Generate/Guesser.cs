using Athanor.Cli.ModelFiles;
using Athanor.Inference.Loading;
using Athanor.Inference.Speculation;
using Athanor.Models;
using Athanor.Models.Medusa;
using Athanor.Tokenizers;

namespace Athanor.Cli.Generate;

/// <summary>What was asked to guess tokens ahead; owns what it reads for that, so it is disposed behind the engine.</summary>
internal sealed class Guesser(bool lookup, string? draft, string? medusa, string runs) : IDisposable
{
    private IDisposable? _owned;

    /// <summary>How many ways of guessing were asked for.</summary>
    public int Ways => (lookup ? 1 : 0) + (draft is null ? 0 : 1) + (medusa is null ? 0 : 1);

    /// <summary>Makes guessers for the texts of a model; null where nothing guesses.</summary>
    public SpeculatorFactory? For(Decoder model, Tokenizer tokenizer, CancellationToken cancellation)
    {
        if (lookup)
            return _ => new PromptLookup();
        if (medusa is not null)
        {
            MedusaHeads heads = MedusaFile.Load(medusa, model.Device, model.Config, model.DType);
            _owned = heads;
            return _ => new MedusaSpeculator(heads);
        }
        if (draft is null)
            return null;
        Decoder small = EngineLoader.LoadModel(ModelPath.Find(draft, runs), model.Device, cancellation: cancellation);
        _owned = small;
        return DraftModel.Factory(small, tokenizer.VocabularySize);
    }

    public void Dispose() => _owned?.Dispose();
}
