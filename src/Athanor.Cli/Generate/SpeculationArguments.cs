using System.CommandLine;
using Athanor.Inference.Speculation;
using Athanor.Models;
using Athanor.Models.Medusa;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Training.ModelFiles;

namespace Athanor.Cli.Generate;

/// <summary>The options that say what guesses tokens ahead. They change speed alone.</summary>
internal sealed class SpeculationArguments
{
    private readonly Option<bool> _lookup = new("--lookup") { Description = "Guess that the text repeats itself: for answers that quote their prompt." };
    private readonly Option<string?> _draft = new("--draft") { Description = "Guess with a smaller model of the same tokenizer." };
    private readonly Option<string?> _medusa = new("--medusa") { Description = "Guess with heads: the folder of a stage medusa of this model." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_lookup, _draft, _medusa])
            command.Options.Add(option);
    }

    /// <summary>What guesses, and what must be disposed behind its use; null and nothing where nothing guesses.</summary>
    public (SpeculatorFactory? Speculator, IDisposable? Owned) Read(ParseResult parsed, Decoder model, Tokenizer tokenizer, string runs, CancellationToken cancellation)
    {
        string? draft = parsed.GetValue(_draft), medusa = parsed.GetValue(_medusa);
        bool lookup = parsed.GetValue(_lookup);
        if ((lookup ? 1 : 0) + (draft is null ? 0 : 1) + (medusa is null ? 0 : 1) > 1)
            throw new ArgumentException("--lookup, --draft and --medusa exclude one another; give one.");
        if (lookup)
            return (_ => new PromptLookup(), null);
        if (medusa is not null)
        {
            MedusaHeads heads = MedusaFile.Load(medusa, model.Device, model.Config, model.DType);
            return (_ => new MedusaSpeculator(heads), heads);
        }
        if (draft is null)
            return (null, null);
        Decoder small = ModelPlace.Find(draft, runs).Load(Device.Default, null, cancellation);
        try
        {
            return (DraftModel.Factory(small, tokenizer.VocabularySize), small);
        }
        catch
        {
            small.Dispose();
            throw;
        }
    }
}
