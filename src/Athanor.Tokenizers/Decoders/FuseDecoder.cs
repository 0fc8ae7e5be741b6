namespace Athanor.Tokenizers.Decoders;

/// <summary>Joins all tokens to one.</summary>
public sealed record FuseDecoder : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(next);

    internal class Stage(DecodeStage next) : PassingStage(next)
    {
        private bool _begun;

        public override void Begin()
        {
            if (!_begun)
                Next.Begin();
            _begun = true;
        }

        public override void End()
        {
        }

        public override void Finish()
        {
            Begin();
            Next.End();
            Next.Finish();
        }
    }
}
