using System.Security.Cryptography;
using System.Text.Json;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;

namespace Athanor.Runs.Stages;

/// <summary>
/// What decides about a stage's output, and its hash: kind, code version, settings but operational ones, sections that it reads, seed if it uses one,
/// the content of its inputs. Names of stages, recipes and files do not count.
/// </summary>
internal sealed record StageKey(string Key, JsonElement Basis)
{
    private const int Format = 1;

    public static StageKey Of(Recipe recipe, RecipeStage stage, IReadOnlyList<Artifact> inputs, InputDigests digests, CancellationToken cancellation)
    {
        ShapeCatalog shapes = recipe.Vocabulary.Shapes;
        byte[] json = CanonicalJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            if (stage.Kind.Fingerprint is { } fingerprint)
                writer.WriteString("fingerprint", fingerprint(stage.Settings));
            writer.WriteStartArray("inputs");
            foreach (Artifact input in inputs)
                writer.WriteStringValue(input.Manifest.Content);
            writer.WriteEndArray();
            writer.WriteString("kind", stage.Kind.Name);
            writer.WriteStartObject("sections");
            foreach (SectionKind section in stage.Kind.Sections.Select(recipe.Vocabulary.SectionOf).OrderBy(section => section.Name, StringComparer.Ordinal))
            {
                writer.WritePropertyName(section.Name);
                CanonicalJson.Node(writer, Deciding(shapes.Record(section.Settings), recipe.SectionValues[section.Settings], digests, cancellation));
            }
            writer.WriteEndObject();
            if (stage.Kind.UsesSeed)
                writer.WriteNumber("seed", recipe.Seed);
            writer.WritePropertyName("settings");
            CanonicalJson.Node(writer, Deciding(shapes.Record(stage.Kind.Settings), stage.Settings, digests, cancellation));
            writer.WriteString("version", stage.Kind.Version);
            writer.WriteEndObject();
        });
        using var document = JsonDocument.Parse(json);
        return new StageKey(Convert.ToHexStringLower(SHA256.HashData(json)), document.RootElement.Clone());
    }

    /// <summary>A record's values with operational ones left out and input files replaced by their hashes.</summary>
    private static MappingNode Deciding(RecordShape shape, object record, InputDigests digests, CancellationToken cancellation)
    {
        MappingNode all = new SettingsWriter((_, _) => null).Record(shape, record, null, "");
        return Filter(shape, record, all, digests, cancellation);
    }

    private static MappingNode Filter(RecordShape shape, object record, MappingNode written, InputDigests digests, CancellationToken cancellation)
    {
        var node = new MappingNode(default);
        // A variant's kind is no setting of its record.
        if (written[UnionShape.Discriminator] is { } kind && shape[UnionShape.Discriminator] is null)
            node.Set(UnionShape.Discriminator, kind);
        foreach (SettingShape setting in shape.Settings.Where(setting => !setting.IsOperational))
        {
            object? value = setting.Get(record);
            node.Set(setting.Key, setting.IsInput && value is RecipePath path
                ? new ScalarNode(default, "sha256:" + digests.Of(path.FullPath, cancellation), ScalarKind.Text)
                : value is null ? RecipeNode.Null(default) : Filter(setting.Value.Shape, value, written[setting.Key]!, digests, cancellation));
        }
        return node;
    }

    private static RecipeNode Filter(ValueShape shape, object value, RecipeNode written, InputDigests digests, CancellationToken cancellation)
    {
        switch (shape)
        {
            case RecordShape record:
                return Filter(record, value, (MappingNode)written, digests, cancellation);
            case UnionShape union:
                return Filter(union.Of(value).Shape, value, (MappingNode)written, digests, cancellation);
            case ListShape { Element.Shape: RecordShape or UnionShape } list:
                var items = new SequenceNode(default);
                int index = 0;
                foreach (object? item in (System.Collections.IEnumerable)value)
                {
                    RecipeNode at = ((SequenceNode)written).Items[index++];
                    items.Items.Add(item is null ? at : Filter(list.Element.Shape, item, at, digests, cancellation));
                }
                return items;
            case MapShape { Element.Shape: RecordShape or UnionShape } map:
                var mapping = new MappingNode(default);
                foreach ((string key, object? item) in SettingsWriter.Entries(value))
                    mapping.Set(key, item is null ? RecipeNode.Null(default) : Filter(map.Element.Shape, item, ((MappingNode)written)[key]!, digests, cancellation));
                return mapping;
            default:
                return written;
        }
    }
}
