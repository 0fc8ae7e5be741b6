using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>A published family: its <c>config.json</c> and the names and layout of its weights.</summary>
internal abstract class Family
{
    /// <summary><c>model_type</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The first of <c>architectures</c>.</summary>
    public abstract string Architecture { get; }

    /// <summary>What base models put before the names in their own files and leave out elsewhere: <c>model.</c> or <c>transformer.</c>.</summary>
    public virtual string Prefix => "model.";

    /// <summary>Whether the head is the embedding where config.json does not say.</summary>
    public virtual bool TiedByDefault => false;

    /// <summary>The settings; problems are collected by the reader.</summary>
    public abstract ModelConfig Read(ConfigReader reader);

    /// <summary>The keys of the settings.</summary>
    public abstract void Write(ModelConfig config, ConfigWriter writer);

    /// <summary>The tensors.</summary>
    public abstract void Map(WeightMap map);

    /// <summary>Tensors that files may hold beside the weights: masks and tables that code can compute.</summary>
    public virtual bool IsBuffer(string name) => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);
}
