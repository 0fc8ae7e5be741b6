using System.ComponentModel.DataAnnotations;
using Athanor.Tokenizers;

namespace Athanor.Training.Objectives;

/// <summary>Where a text may be cut into prefix, middle and suffix.</summary>
public enum FimCut
{
    /// <summary>Between any two characters; the parts are encoded anew, so that the model meets broken tokens as it will behind a cursor.</summary>
    Characters,

    /// <summary>Between tokens.</summary>
    Tokens,
}

/// <summary>
/// Fill in the middle (Bavarian et al. 2022, arXiv 2207.14255): a share of the documents is cut at two random places and its middle moved to the end: PSM is [prefix] p [suffix] s [middle] m, SPM is [prefix] [suffix] s [middle] p m
/// (the form of StarCoder, arXiv 2305.06161, whose names of tokens and rates are the defaults). All tokens are trained; the other documents stay as they are.
/// </summary>
public sealed record FimObjective : TrainingObjective
{
    /// <summary>The share of documents that is rearranged.</summary>
    [Range(0, 1)]
    public double Rate { get; init; } = 0.5;

    /// <summary>The share of SPM among them.</summary>
    [Range(0, 1)]
    public double SpmRate { get; init; } = 0.5;

    /// <summary>Where a text may be cut.</summary>
    public FimCut Cut { get; init; } = FimCut.Characters;

    /// <summary>The token before the prefix.</summary>
    public string PrefixToken { get; init; } = "<fim_prefix>";

    /// <summary>The token before the suffix.</summary>
    public string SuffixToken { get; init; } = "<fim_suffix>";

    /// <summary>The token before the middle.</summary>
    public string MiddleToken { get; init; } = "<fim_middle>";

    /// <inheritdoc/>
    public override ExampleMaker Bind(Tokenizer tokenizer)
    {
        int[] ids = Find(tokenizer, "fim", [PrefixToken, SuffixToken, MiddleToken]);
        return new Maker(this, tokenizer, ids[0], ids[1], ids[2]);
    }

    private sealed class Maker(FimObjective settings, Tokenizer tokenizer, int prefix, int suffix, int middle) : ExampleMaker
    {
        // Three sentinels, and what two cuts through tokens may add.
        private const int Sentinels = 3, Broken = 8;

        public override bool IsBidirectional => false;

        public override int Room(int length) => length - Sentinels - Broken;

        public override Example Make(in PieceText piece, ulong seed)
        {
            var random = new ExampleRandom(seed);
            if (random.NextDouble() >= settings.Rate || piece.Text.Length == 0)
                return Example.Of(piece.Tokens);
            bool spm = random.NextDouble() < settings.SpmRate;
            (int[] p, int[] m, int[] s) = settings.Cut == FimCut.Characters && OfCharacters(piece.Text, ref random) is { } parts ? parts : OfTokens(piece.Text, ref random);
            int[] sequence = spm
                ? [.. piece.Begin, prefix, suffix, .. s, middle, .. p, .. m, .. piece.End]
                : [.. piece.Begin, prefix, .. p, suffix, .. s, middle, .. m, .. piece.End];
            return Example.Of(sequence);
        }

        private static (int[] Prefix, int[] Middle, int[] Suffix) OfTokens(ReadOnlySpan<int> text, ref ExampleRandom random)
        {
            (int first, int second) = Two(text.Length + 1, ref random);
            return (text[..first].ToArray(), text[first..second].ToArray(), text[second..].ToArray());
        }

        /// <summary>Null where the parts cannot be encoded so that they say the same in little more room: text that is not UTF-8, tokenizers that put spaces before texts.</summary>
        private (int[] Prefix, int[] Middle, int[] Suffix)? OfCharacters(ReadOnlySpan<int> text, ref ExampleRandom random)
        {
            byte[] bytes = tokenizer.DecodeBytes(text);
            var cuts = new List<int>(bytes.Length + 1);
            for (int i = 0; i <= bytes.Length; i++)
            {
                if (i == bytes.Length || (bytes[i] & 0xC0) != 0x80)
                    cuts.Add(i);
            }
            (int first, int second) = Two(cuts.Count, ref random);
            int[] p = Encode(bytes.AsSpan(0, cuts[first])), m = Encode(bytes.AsSpan(cuts[first]..cuts[second])), s = Encode(bytes.AsSpan(cuts[second]));
            if (p.Length + m.Length + s.Length > text.Length + Broken)
                return null;
            return tokenizer.DecodeBytes((int[])[.. p, .. m, .. s]).AsSpan().SequenceEqual(bytes) ? (p, m, s) : null;
        }

        private int[] Encode(ReadOnlySpan<byte> text)
        {
            var buffer = new TokenBuffer();
            tokenizer.Encode(text, buffer);
            return buffer.Ids.ToArray();
        }

        private static (int First, int Second) Two(int places, ref ExampleRandom random)
        {
            int one = random.Next(places), other = random.Next(places);
            return (Math.Min(one, other), Math.Max(one, other));
        }
    }
}
