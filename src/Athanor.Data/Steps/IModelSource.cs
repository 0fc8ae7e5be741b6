namespace Athanor.Data.Steps;

/// <summary>A step whose model another stage of the recipe may make: the stage that takes the step then takes that stage's artifact too.</summary>
public interface IModelSource : IStepSource
{
    /// <summary>The kind of artifact that holds the model.</summary>
    static abstract string ModelKind { get; }

    /// <summary>The same settings with the model of a folder.</summary>
    IStepSource WithModel(string folder);
}
