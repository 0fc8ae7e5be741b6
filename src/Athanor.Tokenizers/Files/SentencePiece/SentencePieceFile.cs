using System.Globalization;
using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>Reads SentencePiece <c>.model</c> files: a protocol buffer, here read by hand and within bounds.</summary>
public static class SentencePieceFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="TokenizerFormatException">The file is cut short, inconsistent or of a model type that is not supported.</exception>
    public static SentencePieceModel Load(string path) => Parse(FileBytes.Read(path), path);

    /// <summary>Reads the bytes of a file; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="TokenizerFormatException">The data is cut short, inconsistent or of a model type that is not supported.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> data, string source)
    {
        var pieces = new PieceList(source);
        var model = new SentencePieceModel { Vocabulary = new Vocabulary([]), Scores = [], Kinds = [] };
        string unknownPiece = "<unk>";
        var reader = new ProtobufReader(data, source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadPiece(reader.Message(), pieces);
                    break;
                case 2:
                    model = ReadTrainer(reader.Message(), model, ref unknownPiece);
                    break;
                case 3:
                    model = ReadNormalizer(reader.Message(), model);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (pieces.Count == 0)
            throw reader.Error("no pieces are there; this is no SentencePiece model");
        return Check(pieces, model, unknownPiece, source);
    }

    private static void ReadPiece(ProtobufReader reader, PieceList pieces)
    {
        byte[] text = [];
        float score = 0;
        int kind = (int)PieceKind.Normal;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.Bytes(out _).ToArray();
                    break;
                case 2:
                    score = reader.Single();
                    break;
                case 3:
                    kind = reader.Int32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        pieces.Add(text, score, kind);
    }

    private static SentencePieceModel ReadTrainer(ProtobufReader reader, SentencePieceModel model, ref string unknownPiece)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    int algorithm = reader.Int32();
                    if (algorithm is not ((int)SentencePieceAlgorithm.Unigram or (int)SentencePieceAlgorithm.Bpe))
                        throw reader.Error($"the model type is {(SentencePieceAlgorithm)algorithm}; only Unigram and Bpe are supported");
                    model = model with { Algorithm = (SentencePieceAlgorithm)algorithm };
                    break;
                case 24:
                    if (reader.Int32() != 0)
                        throw reader.Error("treat_whitespace_as_suffix is set, which is not supported; only models whose spaces come first are");
                    break;
                case 35:
                    model = model with { ByteFallback = reader.Int32() != 0 };
                    break;
                case 41:
                    model = model with { BosId = reader.Int32() };
                    break;
                case 42:
                    model = model with { EosId = reader.Int32() };
                    break;
                case 43:
                    model = model with { PadId = reader.Int32() };
                    break;
                case 45:
                    unknownPiece = Encoding.UTF8.GetString(reader.Bytes(out _));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return model;
    }

    private static SentencePieceModel ReadNormalizer(ProtobufReader reader, SentencePieceModel model)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    model = model with { NormalizerName = Encoding.UTF8.GetString(reader.Bytes(out _)) };
                    break;
                case 2:
                    model = model with { CharacterMap = [.. reader.Bytes(out _)] };
                    break;
                case 3:
                    model = model with { AddDummyPrefix = reader.Int32() != 0 };
                    break;
                case 4:
                    model = model with { RemoveExtraWhitespaces = reader.Int32() != 0 };
                    break;
                case 5:
                    if (reader.Int32() == 0)
                        throw reader.Error("escape_whitespaces is off, which is not supported; only models that write spaces as U+2581 are");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return model;
    }

    private static SentencePieceModel Check(PieceList pieces, SentencePieceModel model, string unknownPiece, string source)
    {
        Vocabulary vocabulary = pieces.Build();
        int[] unknown = [.. Enumerable.Range(0, pieces.Count).Where(id => pieces.Kinds[id] == PieceKind.Unknown)];
        if (unknown.Length != 1)
            throw new TokenizerFormatException(source, "", $"{unknown.Length} pieces are of the kind unknown; exactly one must be ('{unknownPiece}')");
        if (model.ByteFallback)
            pieces.CheckBytes();
        int Within(int id, string name) => id < pieces.Count ? Math.Max(id, -1)
            : throw new TokenizerFormatException(source, "", string.Create(CultureInfo.InvariantCulture, $"{name} is {id}, but there are only {pieces.Count} pieces"));
        return model with
        {
            Vocabulary = vocabulary,
            Scores = [.. pieces.Scores],
            Kinds = [.. pieces.Kinds],
            UnknownId = unknown[0],
            BosId = IfControl(Within(model.BosId, "bos_id"), pieces),
            EosId = IfControl(Within(model.EosId, "eos_id"), pieces),
            PadId = IfControl(Within(model.PadId, "pad_id"), pieces),
        };
    }

    /// <summary>An id that the trainer's settings name by default may lie on an ordinary piece when the model has no such token.</summary>
    private static int IfControl(int id, PieceList pieces) => id >= 0 && pieces.Kinds[id] == PieceKind.Normal ? -1 : id;
}
