using System.CommandLine;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer</c>, a family of verbs.</summary>
internal static class TokenizerCommand
{
    public static Command Create(TextWriter output, TextWriter errors) => new("tokenizer", """
        Trains, runs and examines tokenizers.

        A tokenizer is a folder with tokenizer.json, such a file, a tiktoken rank file (with --encoding) or a SentencePiece model.

        Examples:
          athanor tokenizer train corpus.txt --vocabulary 8192 --output my-tokenizer
          athanor tokenizer encode --tokenizer my-tokenizer "Once upon a time"
          athanor tokenizer inspect --tokenizer my-tokenizer --corpus english=corpus.txt
        """)
    {
        TrainCommand.Create(output, errors),
        ExtendCommand.Create(output, errors),
        EncodeCommand.Create(output),
        DecodeCommand.Create(output),
        InspectCommand.Create(output),
        CompareCommand.Create(output),
        ConvertCommand.Create(output),
        RenderCommand.Create(output),
    };
}
